package io.stalemate.engines;

import java.time.Duration;

/** The CPU time of this process. */
final class CpuTime {

  private CpuTime() {}

  /** Yields it in nanoseconds, all threads together, as finely as the system tells; 0 if it does not. */
  static long nanos() {
    return ProcessHandle.current().info().totalCpuDuration().orElse(Duration.ZERO).toNanos();
  }
}
