package io.stalemate.oracle;

import io.stalemate.linearizability.Checker;
import io.stalemate.linearizability.Drawing;
import io.stalemate.linearizability.Operation;
import io.stalemate.linearizability.Specification;
import io.stalemate.linearizability.Verdict;
import io.stalemate.trace.Trace;
import java.util.ArrayList;
import java.util.List;

/** What the tasks of a run did to one object, judged when the run is over. Moments are events, clients are tasks. */
final class ConcurrentHistory<S, O> {

  /** Runs have few tasks: a history that needs more is a program the question is not worth asking of. */
  private static final int CONFIGURATIONS_MAX = 20_000;

  private static final int EVIDENCE_MAX = 6;

  private final Specification<S, O> specification;
  private final Checker<S, O> checker;
  private final List<Operation<O>> operations = new ArrayList<>();
  private Verdict verdict = Verdict.YES;

  ConcurrentHistory(Specification<S, O> specification) {
    this.specification = specification;
    this.checker = new Checker<>(specification, CONFIGURATIONS_MAX);
  }

  void clear() {
    operations.clear();
    verdict = Verdict.YES;
  }

  /** Adds what {@code task} did between two events; without an end, {@link Operation#PENDING}, maybe. */
  void add(int task, O what, int begin, int end) {
    operations.add(new Operation<>(task, what, begin, end));
  }

  /** Whether no order explains it. One that is too hard to judge is not refused, but {@link #undecided}. */
  boolean refused() {
    verdict = checker.check(operations);
    return verdict == Verdict.NO;
  }

  /** Once it was judged: whether it was too hard to judge. */
  boolean undecided() {
    return verdict == Verdict.UNKNOWN;
  }

  /** Once it was refused: the operation that nothing explains. */
  Operation<O> stuck() {
    return operations.get(checker.stuck());
  }

  /** Once it was refused: the state that the longest legal prefix leads to. */
  S reached() {
    S state = specification.initial();
    for (int index : checker.order()) {
      state = specification.after(state, operations.get(index).what()).orElseThrow();
    }
    return state;
  }

  /** Once it was refused: the operation that nothing explains, then the changes before it, latest first. */
  List<Evidence> evidence() {
    List<Evidence> evidence = new ArrayList<>();
    evidence.add(evidence(stuck()));
    int[] order = checker.order();
    for (int i = order.length - 1; i >= 0 && evidence.size() < EVIDENCE_MAX; i--) {
      Operation<O> operation = operations.get(order[i]);
      if (!specification.observes(operation.what())) {
        evidence.add(evidence(operation));
      }
    }
    return evidence;
  }

  private Evidence evidence(Operation<O> operation) {
    return new Evidence(
        operation.pending() ? operation.begin() : operation.end(), specification.text(operation.what()));
  }

  /** Once it was refused: the history, drawn. */
  List<String> drawn(Trace trace) {
    List<String> lines = new ArrayList<>();
    lines.add("the history: task, operation, first and last step; #n is its place in the longest legal prefix");
    lines.addAll(Drawing.lines(operations, specification, checker, trace::taskName, moment -> step(trace, moment)));
    return lines;
  }

  /** An event that is no step belongs to the one before it. */
  private static int step(Trace trace, int event) {
    return Math.max(trace.step(event) - (trace.isStep(event) ? 0 : 1), 0);
  }
}
