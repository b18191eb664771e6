package io.stalemate.linearizability;

import java.util.ArrayList;
import java.util.List;
import java.util.function.IntUnaryOperator;

/** A history written by hand, and what the checker says of it. */
final class HistoryOf<S, O> {

  static final int BOUND = 100_000;

  private final List<Operation<O>> operations = new ArrayList<>();
  private final Specification<S, O> specification;
  private final Checker<S, O> checker;

  HistoryOf(Specification<S, O> specification) {
    this(specification, BOUND);
  }

  HistoryOf(Specification<S, O> specification, int configurationsMax) {
    this.specification = specification;
    this.checker = new Checker<>(specification, configurationsMax);
  }

  /** Registers that hold 0 at first. */
  static HistoryOf<Long, RegisterOperation> register() {
    return new HistoryOf<>(new Register(0, Long::toString));
  }

  HistoryOf<S, O> add(int client, O what, int begin, int end) {
    operations.add(new Operation<>(client, what, begin, end));
    return this;
  }

  HistoryOf<S, O> pending(int client, O what, int begin) {
    return add(client, what, begin, Operation.PENDING);
  }

  Verdict verdict() {
    return checker.check(operations);
  }

  Checker<S, O> checker() {
    return checker;
  }

  List<Operation<O>> operations() {
    return operations;
  }

  /** What is drawn once the history was refused. */
  List<String> drawn() {
    return Drawing.lines(operations, specification, checker, client -> "client" + client, IntUnaryOperator.identity());
  }
}
