package io.stalemate.linearizability;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
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

/** What it costs to judge a history of one register that is linearizable. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
public class CheckerBenchmark {

  private static final int HISTORIES = 64;

  @Param({"8", "30", "100"})
  public int operations;

  @Param({"2", "4", "8"})
  public int clients;

  private final Checker<Long, RegisterOperation> checker = new Checker<>(new Register(0, Long::toString), 20_000);
  private final List<List<Operation<RegisterOperation>>> histories = new ArrayList<>();
  private int round;

  /** Draws histories. */
  @Setup
  public void draw() {
    Random random = new Random(0x5eed);
    for (int i = 0; i < HISTORIES; i++) {
      histories.add(history(random));
    }
  }

  /** Clients take turns at random in calling, taking effect and returning; every third operation stores. */
  private List<Operation<RegisterOperation>> history(Random random) {
    List<Operation<RegisterOperation>> history = new ArrayList<>();
    int[] begins = new int[clients];
    RegisterOperation[] effects = new RegisterOperation[clients];
    Arrays.fill(begins, -1);
    long held = 0;
    long stores = 0;
    for (int moment = 0; history.size() < operations; moment++) {
      int client = random.nextInt(clients);
      if (begins[client] < 0) {
        begins[client] = moment;
      } else if (effects[client] == null) {
        boolean store = random.nextInt(3) == 0;
        held = store ? ++stores : held;
        effects[client] = store ? new RegisterOperation.Store(0, held) : new RegisterOperation.Load(0, held);
      } else {
        history.add(new Operation<>(client, effects[client], begins[client], moment));
        begins[client] = -1;
        effects[client] = null;
      }
    }
    for (int client = 0; client < clients; client++) {
      if (effects[client] != null) {
        history.add(new Operation<>(client, effects[client], begins[client], Operation.PENDING));
      }
    }
    return history;
  }

  /** One history. */
  @Benchmark
  public Verdict judge() {
    round = (round + 1) % HISTORIES;
    return checker.check(histories.get(round));
  }
}
