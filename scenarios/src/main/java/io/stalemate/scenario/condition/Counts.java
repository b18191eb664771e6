package io.stalemate.scenario.condition;

import io.stalemate.linux.kvm.ExitReason;
import io.stalemate.machine.Tracepoint;

/** What conditions may ask about a finished schedule. Tasks are numbered from 0 in the order of the scenario file. */
public interface Counts {

  /** In place of a task: events of all tasks. */
  int ANY_TASK = -1;

  /** What {@link #returned} yields for an action that did not return. */
  long NOT_RETURNED = Long.MIN_VALUE;

  /** Yields how often {@code point} was passed by {@code task}, or by all tasks for {@link #ANY_TASK}. */
  long count(Tracepoint point, int task);

  /**
   * Yields how often vCPU task {@code task}, or all of them for {@link #ANY_TASK}, left to their VMM for {@code
   * reason}, the ordinal of {@link ExitReason}.
   */
  long exits(int reason, int task);

  /**
   * Yields the {@code ret} of the last {@link Tracepoint#RETURN} of {@code task} whose operation is {@code action}, the
   * action's index from 0 in the task's list; {@link #NOT_RETURNED} if there is none.
   */
  long returned(int task, int action);
}
