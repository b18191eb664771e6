package io.stalemate.strategy;

import io.stalemate.trace.Op;

/**
 * Follows a {@link Schedule}: the current task goes on until it blocks, ends or begins another round of a retry loop,
 * then the next task in number order that can; except at the steps the schedule names. A deviation whose task cannot
 * proceed is passed over and counted.
 */
public final class Replay implements Strategy {

  private static final int RETRYING = Op.RETRYING.ordinal();

  private final Schedule schedule;
  private int step;
  private int done;
  private int missed;
  private int last;

  /** Follows {@code schedule}. */
  public Replay(Schedule schedule) {
    this.schedule = schedule;
  }

  @Override
  public String name() {
    return "fix";
  }

  @Override
  public void begin(long seed, int tasks) {
    step = 0;
    done = 0;
    missed = 0;
    last = -1;
  }

  @Override
  public int choose(int current, long enabled, Announced announced) {
    int now = step++;
    int task = usual(last, current, enabled, announced);
    if (done < schedule.size() && schedule.steps()[done] == now) {
      int wanted = schedule.tasks()[done++];
      if ((enabled >>> wanted & 1) != 0) {
        task = wanted;
      } else {
        missed++;
      }
    }
    last = task;
    return task;
  }

  /** Number of deviations of this run that could not be followed, those past its end included. */
  public int missed() {
    return missed + schedule.size() - done;
  }

  /** The rule for steps that a schedule does not name; {@code last} is the task that went before, or -1. */
  static int usual(int last, int current, long enabled, Announced announced) {
    if (current >= 0 && announced.opcode(current) != RETRYING) {
      return current;
    }
    return Bits.after(enabled, last);
  }
}
