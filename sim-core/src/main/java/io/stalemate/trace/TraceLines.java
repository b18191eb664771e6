package io.stalemate.trace;

/**
 * The events of a finished run as lines of text, one by one: for differences, splats and columns, in the very words of
 * the trace file.
 */
public final class TraceLines {

  private final Trace trace;
  private final EventText text;
  private final int[] steps;
  private final long[] nanos;

  /** The lines of {@code trace}, which must not change any more. */
  public TraceLines(Trace trace) {
    this.trace = trace;
    this.text = new EventText(trace, new ObjectNames(trace.objects()));
    this.steps = new int[trace.size()];
    this.nanos = new long[trace.size()];
    int step = 0;
    long time = 0;
    for (int event = 0; event < trace.size(); event++) {
      steps[event] = step;
      nanos[event] = time;
      time += CostModel.nanos(trace.op(event));
      if (trace.isStep(event)) {
        step++;
      }
    }
  }

  /** Yields event {@code event} as a line of a trace file: {@code  vcpu0-1001 [007] 0.000000017: smp_rmb}. */
  public String line(int event) {
    StringBuilder out = new StringBuilder();
    text.line(out, event, steps[event], nanos[event]);
    return out.toString();
  }

  /** Yields what event {@code event} did: {@code READ_ONCE kvm->mmu_invalidate_seq = 5}. */
  public String operation(int event) {
    StringBuilder out = new StringBuilder();
    text.operation(out, event);
    return out.toString();
  }

  /** Yields the number of choices before event {@code event}; for a choice that is its step. */
  public int step(int event) {
    return steps[event];
  }

  /** Yields the virtual time, in ns, at which event {@code event} begins. */
  public long nanos(int event) {
    return nanos[event];
  }

  /** The trace that is rendered. */
  public Trace trace() {
    return trace;
  }
}
