package io.stalemate.trace;

import java.util.List;

/**
 * Writes one event as text. The form is fixed to the last blank: {@link EventReader} writes what it has read again and
 * compares.
 */
final class EventText {

  /** Task 0's pid; ftrace shows tasks with pids, and a round number keeps them apart from steps. */
  static final int FIRST_PID = 1001;

  private static final int NANOS_PER_SECOND = 1_000_000_000;
  private static final int NANOS_DIGITS = 9;
  private static final int STEP_DIGITS = 3;
  private static final String[] SLOTS = {"a", "b", "c", "d"};

  private final Trace trace;
  private final ObjectNames names;

  EventText(Trace trace, ObjectNames names) {
    this.trace = trace;
    this.names = names;
  }

  /** Appends {@code  vcpu0-1001 [000] 0.000000017: } and the operation. */
  void line(StringBuilder out, int event, int step, long nanos) {
    int task = trace.task(event);
    out.append(' ').append(Escaped.name(trace.taskName(task))).append('-').append(FIRST_PID + task).append(" [");
    if (trace.isStep(event)) {
      padded(out, step, STEP_DIGITS, '0');
    } else {
      out.append("---");
    }
    out.append("] ").append(nanos / NANOS_PER_SECOND).append('.');
    padded(out, nanos % NANOS_PER_SECOND, NANOS_DIGITS, '0');
    out.append(": ");
    operation(out, event);
  }

  private static void padded(StringBuilder out, long number, int digits, char with) {
    String text = Long.toString(number);
    for (int i = text.length(); i < digits; i++) {
      out.append(with);
    }
    out.append(text);
  }

  /** Appends the operation with its object and arguments. */
  void operation(StringBuilder out, int event) {
    Op op = trace.op(event);
    if (op == Op.TRACE) {
      out.append(trace.point(event).kernelName()).append(':');
      arguments(out, event, trace.point(event).arguments());
      return;
    }
    OpForm form = OpForm.of(op);
    out.append(form.verb());
    String name = names.print(trace.object(event));
    if (!name.isEmpty()) {
      out.append(' ').append(name);
    }
    switch (form.shape()) {
      case VALUE -> {
        out.append(" = ").append(Numbers.byValue(trace.a(event)));
        extra(out, event, 1);
      }
      case CHANGE -> change(out, event);
      case NAMED -> arguments(out, event, form.arguments());
    }
    String remark = remark(op, event);
    if (!remark.isEmpty()) {
      out.append(" \"").append(remark).append('"');
    }
  }

  private void change(StringBuilder out, int event) {
    long before = trace.a(event);
    long after = trace.b(event);
    // An entry that changes from or to 0 reads better if both sides look like entries.
    boolean counts = Numbers.isCount(before) && Numbers.isCount(after);
    out.append(' ').append(counts ? Long.toString(before) : Numbers.hex(before));
    out.append(" -> ").append(counts ? Long.toString(after) : Numbers.hex(after));
    long done = trace.c(event);
    if (trace.op(event) == Op.CMPXCHG && (done == 0 || done == 1)) {
      out.append(done == 1 ? " ok" : " failed");
      extra(out, event, 3);
    } else {
      extra(out, event, 2);
    }
  }

  private void arguments(StringBuilder out, int event, List<String> arguments) {
    for (int slot = 0; slot < arguments.size(); slot++) {
      String name = arguments.get(slot);
      if (!name.equals(OpForm.UNUSED)) {
        out.append(' ').append(name).append('=').append(ArgFormat.of(name).print(argument(event, slot)));
      }
    }
    for (int slot = 0; slot < SLOTS.length; slot++) {
      if (slot >= arguments.size() || arguments.get(slot).equals(OpForm.UNUSED)) {
        spare(out, event, slot);
      }
    }
  }

  private void extra(StringBuilder out, int event, int from) {
    for (int slot = from; slot < SLOTS.length; slot++) {
      spare(out, event, slot);
    }
  }

  /** An argument that the operation does not use is 0; if it is not, it must not be lost. */
  private void spare(StringBuilder out, int event, int slot) {
    long value = argument(event, slot);
    if (value != 0) {
      out.append(" +").append(SLOTS[slot]).append('=').append(Numbers.byValue(value));
    }
  }

  private long argument(int event, int slot) {
    return switch (slot) {
      case 0 -> trace.a(event);
      case 1 -> trace.b(event);
      case 2 -> trace.c(event);
      default -> trace.d(event);
    };
  }

  /** What a number stands for, where a reader cannot be expected to know. */
  private String remark(Op op, int event) {
    if (op == Op.WARN && trace.a(event) >= 0 && trace.a(event) < trace.texts()) {
      return Escaped.text(trace.textAt((int) trace.a(event)));
    }
    if (op == Op.TLB_FILL) {
      long packed = trace.d(event);
      return "cpu " + (packed & 0xffff) + " vmid " + (packed >> 16 & 0xffff) + " level " + (packed >> 32 & 0xff) + " "
          + ((packed >> 40 & 1) != 0 ? "r" : "-") + ((packed >> 41 & 1) != 0 ? "w" : "-")
          + ((packed >> 42 & 1) != 0 ? "x" : "-");
    }
    return "";
  }
}
