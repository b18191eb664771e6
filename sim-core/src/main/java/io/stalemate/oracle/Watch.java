package io.stalemate.oracle;

import io.stalemate.machine.Tracepoint;
import io.stalemate.trace.Op;
import io.stalemate.trace.Trace;
import java.util.Collections;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;

/** What all oracles share: their name, the run they watch, and that they report once a run. */
abstract class Watch implements Oracle {

  /** Room for every task of a run, the boot task included. */
  static final int TASKS_MAX = 64;

  private final String name;
  private final String title;
  private final Set<Op> watches;
  private final Set<Tracepoint> points;
  private Trace trace = new Trace();
  private Consumer<Finding> found = finding -> {};
  private boolean done;
  private boolean undecided;

  /** An oracle that watches {@code watches} and, if {@link Op#TRACE} is among them, {@code points}. */
  Watch(String name, String title, Set<Op> watches, Set<Tracepoint> points) {
    this.name = name;
    this.title = title;
    this.watches = Collections.unmodifiableSet(EnumSet.copyOf(watches));
    this.points = points;
  }

  @Override
  public final String name() {
    return name;
  }

  @Override
  public final String title() {
    return title;
  }

  @Override
  public final Set<Op> watches() {
    return watches;
  }

  @Override
  public final Set<Tracepoint> points() {
    return points;
  }

  @Override
  public final void begin(Trace newTrace, Consumer<Finding> newFound) {
    trace = newTrace;
    found = newFound;
    done = false;
    undecided = false;
    reset();
  }

  /** Forgets the run before. */
  abstract void reset();

  @Override
  public final boolean undecided() {
    return undecided;
  }

  final Trace trace() {
    return trace;
  }

  /** Whether this run has its finding; what comes later is a consequence more often than not. */
  final boolean done() {
    return done;
  }

  /** Hands over the first finding of the run; later ones are dropped. */
  final void report(Severity severity, String what, String rule, List<Evidence> evidence, List<String> notes) {
    if (!done) {
      done = true;
      found.accept(new Finding(name, severity, what, rule, evidence, notes));
    }
  }

  /** Notes a history of the run that the checker could not judge, if {@code tooHard}. */
  final void leaves(boolean tooHard) {
    undecided |= tooHard;
  }

  static String hex(long value) {
    return "0x" + Long.toHexString(value);
  }
}
