package io.stalemate.machine;

/**
 * {@code struct rcuwait}: at most one waiter. The waiter's loop is the kernel's: {@link #prepare}, then
 * {@link Machine#setCurrentState}, test the condition, {@link Machine#schedule}, and {@link #finish} at the end. State
 * set before test against condition set before wake-up is what excludes a lost wake-up.
 */
public interface RcuWait {

  /** {@code prepare_to_rcuwait()}: publishes the caller as the waiter. */
  void prepare();

  /** {@code finish_rcuwait()}: withdraws the caller and sets it running. */
  void finish();

  /** {@code rcuwait_wake_up()}: makes the waiter, if there is one, runnable; yields whether one was asleep. */
  boolean wakeUp();
}
