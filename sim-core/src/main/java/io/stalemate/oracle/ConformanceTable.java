package io.stalemate.oracle;

import io.stalemate.machine.Tracepoint;
import io.stalemate.trace.Trace;
import java.util.List;
import java.util.Set;

/**
 * One table of the specification, which {@link Conformance} holds against what a run did. A table is made for one
 * world, knows the run by its tracepoints alone and must judge right under any interleaving: where the facts change
 * while a decision is being made, each of the facts that held meanwhile is good enough.
 */
interface ConformanceTable {

  /** The tracepoints it wants to see; asked once. */
  Set<Tracepoint> points();

  /** Forgets the run before. */
  void begin();

  /** Event {@code event} of {@code trace}, one of {@link #points}, has just been appended. */
  void on(Trace trace, int event, Deviations deviations);

  /** The run is over, with all tasks done if {@code ending} says so. Most tables have nothing left to say. */
  default void end(Trace trace, Ending ending, Deviations deviations) {}

  /** Where a table hands over what differs from it. */
  @FunctionalInterface
  interface Deviations {

    /**
     * What happened is not what the table says; the first of a run counts.
     *
     * @param what what happened and what should have, in one line, with addresses in hexadecimal
     * @param rule the table and its row, in one line
     * @param evidence the deciding event first, then the events that made the facts
     * @param notes further lines, for example the facts as columns of the table
     */
    void differs(String what, String rule, List<Evidence> evidence, List<String> notes);
  }
}
