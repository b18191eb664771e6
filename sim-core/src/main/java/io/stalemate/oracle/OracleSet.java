package io.stalemate.oracle;

import io.stalemate.machine.Tracepoint;
import io.stalemate.trace.Op;
import io.stalemate.trace.Trace;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;

/**
 * The oracles in use, and what they found in the current run. A world hands every event to {@link #on}, which reaches
 * only the oracles that watch the operation, or the tracepoint.
 */
public final class OracleSet {

  private static final int TRACE = Op.TRACE.ordinal();

  private final List<Oracle> oracles;
  private final Oracle[][] byOpcode;
  private final Oracle[][] byPoint;
  private Trace trace = new Trace();
  private final List<Optional<Finding>> found = new ArrayList<>();

  /** Uses {@code oracles}; their order breaks ties between findings of one severity. */
  public OracleSet(List<Oracle> oracles) {
    this.oracles = List.copyOf(oracles);
    this.byOpcode = new Oracle[Op.values().length][];
    for (Op op : Op.values()) {
      byOpcode[op.ordinal()] = select(oracle -> oracle.watches().contains(op));
    }
    this.byPoint = new Oracle[Tracepoint.values().length][];
    for (Tracepoint point : Tracepoint.values()) {
      byPoint[point.ordinal()] =
          select(oracle -> oracle.watches().contains(Op.TRACE) && oracle.points().contains(point));
    }
    for (int i = 0; i < this.oracles.size(); i++) {
      found.add(Optional.empty());
    }
  }

  private Oracle[] select(Predicate<Oracle> watching) {
    return oracles.stream().filter(watching).toArray(Oracle[]::new);
  }

  /** The oracles in use. */
  public List<Oracle> oracles() {
    return oracles;
  }

  /** A run begins, whose events are in {@code newTrace}; events that are there already count as seen. */
  public void begin(Trace newTrace) {
    trace = newTrace;
    for (int i = 0; i < oracles.size(); i++) {
      int place = i;
      found.set(place, Optional.empty());
      oracles.get(place).begin(trace, finding -> {
        if (found.get(place).isEmpty()) {
          found.set(place, Optional.of(finding));
        }
      });
    }
    for (int event = 0; event < trace.size(); event++) {
      on(trace.opcode(event), event);
    }
  }

  /** Event {@code event}, of operation {@code opcode}, has just been appended. */
  public void on(int opcode, int event) {
    Oracle[] watching = opcode == TRACE ? byPoint[trace.object(event)] : byOpcode[opcode];
    for (int i = 0; i < watching.length; i++) {
      watching[i].on(event);
    }
  }

  /** The run is over. */
  public void end(Ending ending) {
    for (Oracle oracle : oracles) {
      oracle.end(ending);
    }
  }

  /** Yields the first finding of each oracle, worst first. */
  public List<Finding> findings() {
    List<Finding> findings = new ArrayList<>();
    for (Severity severity : Severity.values()) {
      for (Optional<Finding> finding : found) {
        if (finding.isPresent() && finding.get().severity() == severity) {
          findings.add(finding.get());
        }
      }
    }
    return findings;
  }

  /** Whether any oracle could not judge all of the run that is over. */
  public boolean undecided() {
    for (int i = 0; i < oracles.size(); i++) {
      if (oracles.get(i).undecided()) {
        return true;
      }
    }
    return false;
  }

  /** Whether any oracle found something so far. */
  public boolean foundAny() {
    for (int i = 0; i < found.size(); i++) {
      if (found.get(i).isPresent()) {
        return true;
      }
    }
    return false;
  }
}
