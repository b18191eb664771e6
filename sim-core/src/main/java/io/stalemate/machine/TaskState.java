package io.stalemate.machine;

/** {@code __state} of a task, as far as sleeping needs it. */
public enum TaskState {
  /** {@code TASK_RUNNING}: {@link Machine#schedule} returns at once. */
  RUNNING,
  /** {@code TASK_INTERRUPTIBLE}: {@link Machine#schedule} sleeps until woken; a kick with a signal wakes too. */
  INTERRUPTIBLE,
  /** {@code TASK_UNINTERRUPTIBLE}: {@link Machine#schedule} sleeps until woken. */
  UNINTERRUPTIBLE
}
