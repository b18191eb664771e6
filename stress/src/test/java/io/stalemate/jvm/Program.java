package io.stalemate.jvm;

import io.stalemate.machine.Machine;
import java.util.Collections;
import java.util.List;
import java.util.function.BooleanSupplier;

/** Tasks that run at once on a machine, and what must hold when all have ended. */
record Program(List<Runnable> tasks, Runnable after) {

  /** How often {@link #repeat} does it. */
  static final int TIMES = 20;

  /** One task, which checks for itself. */
  static Program alone(Runnable task) {
    return new Program(List.of(task), () -> {});
  }

  /** Does {@code once} again and again. */
  static Runnable repeat(Runnable once) {
    return () -> {
      for (int i = 0; i < TIMES; i++) {
        once.run();
      }
    };
  }

  /** So many tasks that do {@code once} again and again. */
  static List<Runnable> times(int tasks, Runnable once) {
    return Collections.nCopies(tasks, repeat(once));
  }

  /** Tries again until {@code condition} holds. */
  static void until(Machine m, BooleanSupplier condition) {
    while (!condition.getAsBoolean()) {
      m.retrying();
    }
  }
}
