package io.stalemate.sim;

import io.stalemate.machine.Word;
import io.stalemate.strategy.RandomWalk;
import io.stalemate.strategy.Strategy;
import java.util.concurrent.TimeUnit;
import java.util.function.ObjIntConsumer;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/** What one access of a shared word costs a task that keeps its turn. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
public class WordsBenchmark {

  private static final int ACCESSES = 1_000;

  private final World world = DirectEngine.world();
  private final Strategy strategy = new RandomWalk();

  private Object run(ObjIntConsumer<Word> access) {
    world.begin(WorldOptions.of(1));
    Word word = world.machine().word("w", 0);
    world.addTask("t", Role.VCPU, () -> {
      for (int i = 0; i < ACCESSES; i++) {
        access.accept(word, i);
      }
    });
    return world.run(strategy, 0, ACCESSES + 1);
  }

  @Benchmark
  @OperationsPerInvocation(ACCESSES)
  public Object plainRead() {
    return run((word, i) -> word.read());
  }

  @Benchmark
  @OperationsPerInvocation(ACCESSES)
  public Object readOnce() {
    return run((word, i) -> word.readOnce());
  }

  @Benchmark
  @OperationsPerInvocation(ACCESSES)
  public Object writeOnce() {
    return run((word, i) -> word.writeOnce(i));
  }

  @Benchmark
  @OperationsPerInvocation(ACCESSES)
  public Object cmpxchg() {
    return run((word, i) -> word.cmpxchg(i, i + 1));
  }
}
