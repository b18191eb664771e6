package io.stalemate.oracle;

import io.stalemate.machine.Tracepoint;
import io.stalemate.trace.Op;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/**
 * A result, an exit reason or an errno is not the one that the specification's table names for the facts. The tables
 * are data; each part of KVM that has one plugs it in here.
 */
final class Conformance extends Watch {

  private final ConformanceTable[][] byPoint = new ConformanceTable[Tracepoint.values().length][];
  private final List<ConformanceTable> tables;
  private final ConformanceTable.Deviations deviations = this::differs;

  /** Holds runs against every table there is; a stage-2 table page holds {@code 1 << bitsPerLevel} entries. */
  Conformance(int bitsPerLevel) {
    this(List.of(new GuestAbortTable(), new MmioGuardRules(bitsPerLevel), new PageTransitionTable(),
        new X86PageFaultTable(), new X86MmioRules(), new ApicAccessRules(), new AsyncFaultRules()));
  }

  /** Holds runs against {@code tables}. */
  Conformance(List<ConformanceTable> tables) {
    super("conformance", "a result, exit reason or errno differs from the specification's table",
        EnumSet.of(Op.TRACE), points(tables));
    this.tables = List.copyOf(tables);
    for (Tracepoint point : Tracepoint.values()) {
      byPoint[point.ordinal()] =
          tables.stream().filter(table -> table.points().contains(point)).toArray(ConformanceTable[]::new);
    }
  }

  private static Set<Tracepoint> points(List<ConformanceTable> tables) {
    Set<Tracepoint> points = EnumSet.noneOf(Tracepoint.class);
    for (ConformanceTable table : tables) {
      points.addAll(table.points());
    }
    return points;
  }

  @Override
  void reset() {
    for (ConformanceTable table : tables) {
      table.begin();
    }
  }

  @Override
  public void on(int event) {
    ConformanceTable[] wanting = byPoint[trace().object(event)];
    for (int i = 0; i < wanting.length && !done(); i++) {
      wanting[i].on(trace(), event, deviations);
    }
  }

  @Override
  public void end(Ending ending) {
    for (ConformanceTable table : tables) {
      table.end(trace(), ending, deviations);
    }
  }

  private void differs(String what, String rule, List<Evidence> evidence, List<String> notes) {
    report(Severity.RULE, what, rule, evidence, notes);
  }
}
