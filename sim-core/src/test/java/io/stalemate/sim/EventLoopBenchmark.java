package io.stalemate.sim;

import io.stalemate.oracle.Ending;
import io.stalemate.oracle.OracleSet;
import io.stalemate.oracle.Oracles;
import io.stalemate.strategy.Pct;
import io.stalemate.strategy.RandomWalk;
import io.stalemate.strategy.Seeded;
import io.stalemate.strategy.Strategy;
import io.stalemate.yardstick.Yardstick;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.AuxCounters;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/**
 * Runs of the yardstick and their events a second without actors; SwitchBenchmark has what they are measured
 * against.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
public class EventLoopBenchmark {

  private static final int VCPUS = 3;
  private static final int INVALIDATORS = 2;
  private static final int STEPS_EXPECTED = 70;
  private static final int STEPS_MAX = 10_000;

  /** Which strategy chooses. */
  @Param({"rnd", "pct3"})
  public String strategy;

  /** Whether all oracles watch. */
  @Param({"true", "false"})
  public boolean oracles;

  private OracleSet set;
  private World world;
  private Strategy policy;
  private long run;

  /** Events, beside runs. */
  @State(Scope.Thread)
  @AuxCounters(AuxCounters.Type.OPERATIONS)
  public static class Counted {
    public long events;
  }

  @Setup
  public void setUp() {
    set = new OracleSet(Oracles.all(1));
    world = oracles ? DirectEngine.world(set::on) : DirectEngine.world();
    policy = strategy.equals("rnd") ? new RandomWalk() : new Pct(3, STEPS_EXPECTED, false);
  }

  @Benchmark
  public Object yardstick(Counted counted) {
    world.begin(WorldOptions.of(1));
    if (oracles) {
      set.begin(world.trace());
    }
    Yardstick yardstick = new Yardstick(world.machine(), INVALIDATORS);
    for (int vcpu = 0; vcpu < VCPUS; vcpu++) {
      world.addTask("vcpu", Role.VCPU, () -> {
        yardstick.vcpuFault();
        yardstick.vcpuFault();
      });
    }
    for (int i = 0; i < INVALIDATORS; i++) {
      int invalidator = i;
      world.addTask("invalidator", Role.MMU_NOTIFIER, () -> yardstick.invalidate(invalidator));
    }
    Ending ending = world.run(policy, Seeded.derive(1, run++), STEPS_MAX);
    if (oracles) {
      set.end(ending);
    }
    counted.events += world.trace().size();
    return ending;
  }
}
