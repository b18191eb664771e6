package io.stalemate.session;

import io.stalemate.oracle.Evidence;
import io.stalemate.oracle.Finding;
import io.stalemate.trace.Op;
import io.stalemate.trace.Trace;

/**
 * What makes two findings the same one: the oracle and the racing accesses, without numbers of steps, gfns or pfns.
 *
 * @param text for example {@code stale-translation WRITE_ONCE s2 / FETCH_ADD page_freed}
 */
public record Signature(String text) {

  private static final int RACING = 2;

  /** Yields the signature of {@code finding}, which was made on {@code trace}. */
  public static Signature of(Finding finding, Trace trace) {
    StringBuilder text = new StringBuilder(finding.oracle());
    for (int i = 0; i < Math.min(RACING, finding.evidence().size()); i++) {
      text.append(i == 0 ? " " : " / ").append(access(finding.evidence().get(i), trace));
    }
    return new Signature(text.toString());
  }

  /** Whether the last run of {@code runner} has a finding and its worst one is the same as this. */
  boolean isOfLastRun(Runner runner) {
    return runner.isFinding() && equals(of(runner.findings().getFirst(), runner.trace()));
  }

  private static String access(Evidence evidence, Trace trace) {
    int event = evidence.event();
    Op op = trace.op(event);
    return op == Op.TRACE
        ? trace.point(event).kernelName()
        : op + " " + trace.objects().baseName(trace.object(event));
  }
}
