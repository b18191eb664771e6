package io.stalemate.engines;

import java.util.ArrayList;
import java.util.List;

/** Measures engines side by side: short turns in rotation, after some to warm up that do not count. */
public final class EngineBench {

  private static final int ROUNDS = 10;
  private static final int WARM_UP_ROUNDS = 10;

  private final List<Engine> engines;
  private final long nanosMax;

  /**
   * What one engine did.
   *
   * @param executions whole ones, in all turns that count
   * @param nanos wall time of these turns
   * @param cpuNanos CPU time of the engine's process meanwhile; 0 where the system does not tell
   */
  public record Row(String engine, long executions, long nanos, long cpuNanos) {

    /** Executions a second. */
    public double perSecond() {
      return executions * 1e9 / nanos;
    }

    /** How many CPUs it had on average; less than one if others had them. */
    public double cpus() {
      return (double) cpuNanos / nanos;
    }

    /** How many times as fast as {@code other} this is. */
    public double times(Row other) {
      return perSecond() / other.perSecond();
    }
  }

  /** Measures each of {@code engines} for about {@code nanosMax}, after as long to warm up. */
  public EngineBench(List<? extends Engine> engines, long nanosMax) {
    this.engines = List.copyOf(engines);
    this.nanosMax = nanosMax;
  }

  /**
   * Yields a row for each engine, in their order.
   *
   * @throws EngineFailure if one cannot be measured
   */
  public List<Row> measure() {
    long turnNanos = Math.max(1, nanosMax / ROUNDS);
    long[] executions = new long[engines.size()];
    long[] nanos = new long[engines.size()];
    long[] cpuNanos = new long[engines.size()];
    for (int round = -WARM_UP_ROUNDS; round < ROUNDS; round++) {
      for (int i = 0; i < engines.size(); i++) {
        Engine.Turn turn = engines.get(i).turn(turnNanos);
        if (round >= 0) {
          executions[i] += turn.executions();
          nanos[i] += turn.nanos();
          cpuNanos[i] += turn.cpuNanos();
        }
      }
    }
    List<Row> rows = new ArrayList<>();
    for (int i = 0; i < engines.size(); i++) {
      rows.add(new Row(engines.get(i).name(), executions[i], nanos[i], cpuNanos[i]));
    }
    return rows;
  }
}
