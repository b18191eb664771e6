package io.stalemate.machine;

/** {@code wait_queue_head_t}: any number of waiters, with the same loop as {@link RcuWait}. */
public interface WaitQueue {

  /** {@code prepare_to_wait()}: joins the queue (once) and sets the caller's state. */
  void prepare(TaskState state);

  /** {@code finish_wait()}: leaves the queue and sets the caller running. */
  void finish();

  /** {@code wake_up()}: makes the waiter that joined first runnable. */
  void wakeUp();

  /** {@code wake_up_all()}: makes all waiters runnable. */
  void wakeUpAll();
}
