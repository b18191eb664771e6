package io.stalemate.oracle;

import io.stalemate.machine.Tracepoint;
import io.stalemate.trace.Op;
import io.stalemate.trace.Trace;
import java.util.EnumSet;
import java.util.Set;
import java.util.function.Consumer;

/**
 * Watches the events of one run after another for one kind of harm. Instances are reused: {@link #begin} forgets the
 * run before. Per-event work is on the hot path and allocates nothing unless something is found.
 */
public interface Oracle {

  /** The name that lists, scenario files and findings use, for example {@code stale-translation}. */
  String name();

  /** What it fires on, in one line. */
  String title();

  /** The operations it wants to see; asked once. */
  Set<Op> watches();

  /** The tracepoints it wants to see, if it watches {@link Op#TRACE}; asked once. */
  default Set<Tracepoint> points() {
    return EnumSet.allOf(Tracepoint.class);
  }

  /** A run begins. {@code found} takes what this oracle finds in it; the first finding of each oracle is kept. */
  void begin(Trace trace, Consumer<Finding> found);

  /** Event {@code event} of the trace, whose operation is among {@link #watches}, has just been appended. */
  void on(int event);

  /** The run is over. */
  void end(Ending ending);

  /** Whether some of the run that is over was too hard to judge: neither found wrong nor known to be right. */
  default boolean undecided() {
    return false;
  }
}
