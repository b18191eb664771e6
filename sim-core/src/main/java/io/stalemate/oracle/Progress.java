package io.stalemate.oracle;

import io.stalemate.machine.Tracepoint;
import io.stalemate.trace.Op;
import io.stalemate.trace.Trace;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;

/**
 * Somebody waits for ever or tries for ever: deadlock, a lost wake-up, or a fault that is retried though nothing that
 * could make it retry is going on (livelock).
 *
 * <p>An unfair strategy may let one task retry while the one it waits for stands still; that is no livelock. So a
 * streak of retries counts only if every other task moved as often, or cannot move. A run that is cut off by its bound
 * proves nothing.
 */
final class Progress extends Watch {

  private static final int RETRIES_MAX = 32;
  private static final String RULE =
      "whoever waits is woken, and whoever retries gets through once nothing is in its way";
  private static final int FAULTS = 0;
  private static final int ROUNDS = 1;
  private static final int YIELDS = 2;

  // Streaks of retries by task: faults that were sent back, rounds of any retry loop, and times that a walk of the TDP
  // MMU gave way at one page.
  private final int[][] streaks = new int[3][TASKS_MAX];
  private final int[][] streakBegins = new int[3][TASKS_MAX];
  private final int[][] judgedAt = new int[3][TASKS_MAX];
  private final long[][] streakSeqs = new long[3][TASKS_MAX];
  private final long[] gfns = new long[TASKS_MAX];
  private final long[] walked = new long[TASKS_MAX];
  private long inside;
  private long seq;
  private long inProgress;

  Progress() {
    super("progress", "deadlock, lost wake-up, or retries with nothing in progress (livelock)",
        EnumSet.of(Op.TRACE, Op.RETRYING, Op.TASK_END),
        EnumSet.of(Tracepoint.FAULT_RETRY, Tracepoint.GUEST_ACCESS_DONE, Tracepoint.VCPU_EXIT,
            Tracepoint.INVALIDATE_BEGIN, Tracepoint.INVALIDATE_END, Tracepoint.NOTIFIER_END, Tracepoint.RETURN,
            Tracepoint.TDP_YIELD));
  }

  @Override
  void reset() {
    for (int kind = FAULTS; kind <= YIELDS; kind++) {
      Arrays.fill(streaks[kind], 0);
    }
    inside = 0;
    seq = 0;
    inProgress = 0;
  }

  @Override
  public void on(int event) {
    Trace trace = trace();
    int task = trace.task(event);
    switch (trace.op(event)) {
      case RETRYING -> retried(event, task, ROUNDS, seq, inProgress);
      case TASK_END -> {
        inside &= ~(1L << task);
        calm(task);
      }
      case TRACE -> point(event, task);
      default -> {}
    }
  }

  private void point(int event, int task) {
    Trace trace = trace();
    switch (trace.point(event)) {
      case FAULT_RETRY -> {
        if (gfns[task] != trace.a(event)) {
          streaks[FAULTS][task] = 0;
        }
        gfns[task] = trace.a(event);
        retried(event, task, FAULTS, trace.c(event), trace.d(event));
      }
      case TDP_YIELD -> {
        if (walked[task] != trace.a(event)) {
          streaks[YIELDS][task] = 0;
        }
        walked[task] = trace.a(event);
        // Whoever may give way to it: an invalidation has nothing to do with how far a walk gets.
        retried(event, task, YIELDS, seq, 0);
      }
      case GUEST_ACCESS_DONE, VCPU_EXIT -> calm(task);
      case INVALIDATE_BEGIN -> {
        inside |= 1L << task;
        inProgress = trace.a(event);
      }
      case INVALIDATE_END -> {
        inside &= ~(1L << task);
        seq = trace.a(event);
        inProgress = trace.b(event);
      }
      case NOTIFIER_END -> inside &= ~(1L << task);
      case RETURN -> {
        inside &= ~(1L << task);
        calm(task);
      }
      default -> {}
    }
  }

  private void calm(int task) {
    streaks[FAULTS][task] = 0;
    streaks[ROUNDS][task] = 0;
    streaks[YIELDS][task] = 0;
  }

  private void retried(int event, int task, int kind, long seqNow, long inProgressNow) {
    if (inProgressNow != 0 && inside != 0) {
      streaks[kind][task] = 0;
      return;
    }
    if (streaks[kind][task] == 0 || streakSeqs[kind][task] != seqNow) {
      streaks[kind][task] = 0;
      streakBegins[kind][task] = event;
      streakSeqs[kind][task] = seqNow;
      judgedAt[kind][task] = RETRIES_MAX;
    }
    streaks[kind][task]++;
    if (streaks[kind][task] > judgedAt[kind][task] && !done()) {
      // Looking back costs; each time after twice as many retries.
      judgedAt[kind][task] *= 2;
      if (othersMoved(task, streakBegins[kind][task])) {
        livelock(event, task, kind, inProgressNow);
      }
    }
  }

  private boolean othersMoved(int task, int since) {
    Trace trace = trace();
    int[] moves = new int[TASKS_MAX];
    for (int event = since; event < trace.size(); event++) {
      moves[trace.task(event)]++;
    }
    WaitGraph graph = new WaitGraph(trace);
    for (int other : graph.unfinished()) {
      boolean stuck = graph.isAsleep(other) || !graph.waitsFor(other).isEmpty();
      if (other != task && !stuck && moves[other] < RETRIES_MAX) {
        return false;
      }
    }
    return true;
  }

  private void livelock(int event, int task, int kind, long inProgressNow) {
    String name = trace().taskName(task);
    String what = switch (kind) {
      case FAULTS -> "livelock: fault on gfn " + hex(gfns[task]) + " is retried " + streaks[kind][task] + " times";
      case YIELDS -> "livelock: the walk of " + name + " lets go of mmu_lock " + streaks[kind][task]
          + " times before gfn " + hex(walked[task]);
      default -> "livelock: " + name + " retries " + streaks[kind][task] + " times";
    };
    List<Evidence> evidence = new ArrayList<>();
    evidence.add(new Evidence(event, "last retry"));
    evidence.add(new Evidence(streakBegins[kind][task], "first retry"));
    List<String> notes = new ArrayList<>();
    if (kind != YIELDS) {
      what += inProgressNow == 0 ? " with no invalidation in progress" : " for an invalidation that nobody is in";
      notes.add("mmu_invalidate_seq: " + streakSeqs[kind][task] + " all the time");
      notes.add("mmu_invalidate_in_progress: " + inProgressNow);
    }
    report(Severity.HANG, what + blocked(task, evidence, notes), RULE, evidence, notes);
  }

  /** Tells of everybody who is blocked, and of who blocks them; yields the words on those who wait for {@code task}. */
  private String blocked(int task, List<Evidence> evidence, List<String> notes) {
    WaitGraph graph = new WaitGraph(trace());
    StringBuilder waits = new StringBuilder();
    for (int other : graph.unfinished()) {
      List<Integer> holders = graph.waitsFor(other);
      if (other == task || (holders.isEmpty() && !graph.isAsleep(other))) {
        continue;
      }
      evidence.add(new Evidence(graph.last(other), graph.does(other)));
      for (int holder : holders) {
        evidence.add(taken(graph, holder, other));
      }
      notes.add(graph.say(other) + "; holds " + graph.holds(other));
      if (holders.contains(task)) {
        waits.append("; ").append(trace().taskName(other)).append(" waits for ").append(trace().taskName(task));
      }
    }
    return waits.toString();
  }

  private Evidence taken(WaitGraph graph, int holder, int waiter) {
    int holding = graph.holding(holder, waiter);
    return holding >= 0
        ? new Evidence(holding, "takes " + HeldLocks.name(trace(), holding))
        : new Evidence(graph.last(waiter), "is queued behind " + trace().taskName(holder));
  }

  @Override
  public void end(Ending ending) {
    if (ending != Ending.DEADLOCK || done()) {
      return;
    }
    Trace trace = trace();
    WaitGraph graph = new WaitGraph(trace);
    List<Integer> cycle = graph.cycle();
    List<Integer> left = graph.unfinished();
    List<Evidence> evidence = new ArrayList<>();
    for (int i = 0; i < cycle.size(); i++) {
      int waiter = cycle.get(i);
      int holder = cycle.get((i + 1) % cycle.size());
      evidence.add(new Evidence(graph.last(waiter), graph.does(waiter)));
      int holding = graph.holding(holder, waiter);
      if (holding >= 0) {
        evidence.add(new Evidence(holding, "takes " + HeldLocks.name(trace, holding)));
      }
    }
    List<String> notes = new ArrayList<>();
    StringBuilder waits = new StringBuilder();
    boolean asleep = false;
    for (int task : left) {
      asleep |= graph.isAsleep(task);
      notes.add(graph.say(task) + "; holds " + graph.holds(task));
      if (cycle.isEmpty()) {
        evidence.add(new Evidence(Math.max(graph.last(task), 0), graph.does(task)));
      }
      if (cycle.isEmpty() ? !asleep || graph.isAsleep(task) : cycle.contains(task)) {
        waits.append(waits.isEmpty() ? "" : ", ").append(graph.say(task));
      }
    }
    String kind = !cycle.isEmpty() ? "deadlock: " : asleep ? "lost wake-up: " : "nobody can proceed: ";
    if (evidence.isEmpty()) {
      evidence.add(new Evidence(trace.size() - 1, "last event"));
    }
    report(Severity.HANG, kind + waits, RULE, evidence, notes);
  }
}
