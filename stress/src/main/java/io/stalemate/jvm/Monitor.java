package io.stalemate.jvm;

import java.util.function.BooleanSupplier;

/** Waiting in a monitor. */
final class Monitor {

  private Monitor() {}

  /**
   * Waits until {@code condition} holds. The caller is in {@code monitor}, which guards the condition; whoever changes
   * that notifies it.
   *
   * @throws IllegalStateException if the thread is interrupted: kernel text that waits has nowhere to go then
   */
  static void await(Object monitor, BooleanSupplier condition) {
    while (!condition.getAsBoolean()) {
      try {
        monitor.wait();
      } catch (InterruptedException e) {
        throw new IllegalStateException(Thread.currentThread().getName() + " interrupted while it waits", e);
      }
    }
  }
}
