package io.stalemate.cli;

import io.stalemate.linux.kvm.ExitReason;
import io.stalemate.machine.Tracepoint;
import io.stalemate.report.InWords;
import io.stalemate.report.Steps;
import io.stalemate.scenario.Kernel;
import io.stalemate.scenario.condition.Errno;
import io.stalemate.session.Runner;
import io.stalemate.trace.Op;
import io.stalemate.trace.Trace;
import io.stalemate.trace.TraceLines;
import java.util.ArrayList;
import java.util.List;

/**
 * What is worth comparing of a finished run: what its tasks announced, why vCPUs left to their VMM, and what ioctls
 * returned. Copied out of the trace, which the next run overwrites.
 *
 * @param tasks names of the scenario's tasks, in order
 * @param announced by task, its tracepoints in order
 * @param results what came of exits and actions, task by task, each in order
 * @param outcome name of the schedule's outcome
 */
record RunFacts(
    Kernel kernel, List<String> tasks, List<List<Announced>> announced, List<Result> results, String outcome) {

  /**
   * A tracepoint.
   *
   * @param step the step it belongs to, -1 if it came before the first
   * @param fault which of its task's faults it belongs to, counted from 1; 0 if to none
   * @param line the event as traces have it, and what its numbers mean
   */
  record Announced(int step, int fault, String line) {}

  /**
   * An exit or the result of an action.
   *
   * @param what for example {@code vcpu0 exit 1} or {@code slots0 action 0}
   */
  record Result(String what, String text) {}

  /** Yields the facts of the last run of {@code runner}. */
  static RunFacts of(Runner runner) {
    Trace trace = runner.trace();
    TraceLines lines = new TraceLines(trace);
    List<String> tasks = runner.subject().scenario().taskNames();
    List<List<Announced>> announced = new ArrayList<>();
    List<List<Result>> results = new ArrayList<>();
    int[] exits = new int[tasks.size()];
    int[] faults = new int[tasks.size()];
    boolean[] isFaulting = new boolean[tasks.size()];
    for (int task = 0; task < tasks.size(); task++) {
      announced.add(new ArrayList<>());
      results.add(new ArrayList<>());
    }
    for (int event = 0; event < trace.size(); event++) {
      int task = trace.task(event);
      if (trace.op(event) != Op.TRACE || task == Trace.BOOT || task >= tasks.size()) {
        continue;
      }
      switch (trace.point(event)) {
        case X86_FAULT, GUEST_ABORT -> {
          faults[task]++;
          isFaulting[task] = true;
        }
        case GUEST_ACCESS, GUEST_ACCESS_DONE -> isFaulting[task] = false;
        default -> {}
      }
      announced.get(task).add(new Announced(
          Steps.of(lines, event), isFaulting[task] ? faults[task] : 0, InWords.inFull(lines, event)));
      if (trace.point(event) == Tracepoint.VCPU_EXIT) {
        exits[task]++;
        results.get(task).add(new Result(tasks.get(task) + " exit " + exits[task], exit(trace, event)));
      } else if (trace.point(event) == Tracepoint.RETURN) {
        results.get(task).add(new Result(tasks.get(task) + " action " + trace.a(event), Errno.text(trace.b(event))));
      }
    }
    String outcome = runner.subject().scenario().outcomeName(runner.outcome());
    return new RunFacts(runner.subject().kernel(), tasks, announced,
        results.stream().flatMap(List::stream).toList(), outcome);
  }

  private static String exit(Trace trace, int event) {
    String text = ExitReason.values()[(int) trace.b(event)].name();
    if (trace.c(event) != 0) {
      text += " at 0x" + Long.toHexString(trace.c(event));
    }
    return trace.d(event) == 0 ? text : text + " " + Errno.text(-trace.d(event));
  }

  /** Whether exits or results are others. */
  boolean hasOtherResults(RunFacts other) {
    return !results.equals(other.results);
  }

  /** Whether exits, results or the outcome are others. */
  boolean endsDifferently(RunFacts other) {
    return hasOtherResults(other) || !outcome.equals(other.outcome);
  }
}
