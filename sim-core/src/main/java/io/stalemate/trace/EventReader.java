package io.stalemate.trace;

import io.stalemate.machine.Tracepoint;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Reads event lines back. Lenient about the form and then strict: what was understood is written again and must be the
 * line that was read, so that no two lines mean the same event and no line is half understood.
 */
final class EventReader {

  private final Trace trace;
  private final ObjectNames names;
  private final EventText text;
  private final StringBuilder again = new StringBuilder();
  private final long[] arguments = new long[4];
  private int object;
  private int step;
  private long nanos;

  /** Reads events into {@code trace}, whose tasks, texts and objects are complete. */
  EventReader(Trace trace) {
    this.trace = trace;
    this.names = new ObjectNames(trace.objects());
    this.text = new EventText(trace, names);
  }

  /** Appends the event of {@code line}. @throws IllegalArgumentException if it is no event line, with the reason */
  void read(String line) {
    int bracket = line.indexOf(" [");
    int colon = line.indexOf(": ");
    int dash = bracket < 0 ? -1 : line.lastIndexOf('-', bracket);
    if (dash < 0 || colon < bracket) {
      throw new IllegalArgumentException("not an event line");
    }
    int task = (int) Numbers.parse(line.substring(dash + 1, bracket)) - EventText.FIRST_PID;
    if (task != Trace.BOOT && (task < 0 || task >= trace.tasks().size())) {
      throw new IllegalArgumentException("no task has this pid");
    }
    object = ObjectTable.NONE;
    Arrays.fill(arguments, 0);
    Op op = operation(line.substring(colon + 2));
    int event =
        trace.append(op.ordinal(), task, object, arguments[0], arguments[1], arguments[2], arguments[3]);
    again.setLength(0);
    text.line(again, event, step, nanos);
    if (!again.toString().contentEquals(line)) {
      throw new IllegalArgumentException("should read '" + again + "'");
    }
    nanos += CostModel.nanos(op);
    if (trace.isStep(event)) {
      step++;
    }
  }

  private Op operation(String written) {
    int remark = written.indexOf(" \"");
    List<String> words =
        new ArrayList<>(Arrays.asList((remark < 0 ? written : written.substring(0, remark)).split(" ", -1)));
    while (words.size() > 1 && words.getLast().startsWith("+")) {
      spare(words.removeLast());
    }
    String verb = words.removeFirst();
    if (verb.endsWith(":")) {
      Tracepoint point = OpForm.byKernelName(verb.substring(0, verb.length() - 1));
      if (point == null) {
        throw new IllegalArgumentException("no tracepoint '" + verb + "'");
      }
      named(words, point.arguments());
      object = point.ordinal();
      return Op.TRACE;
    }
    Op op = OpForm.byVerb(verb);
    if (op == null) {
      throw new IllegalArgumentException("no operation '" + verb + "'");
    }
    OpForm form = OpForm.of(op);
    switch (form.shape()) {
      case VALUE -> {
        arguments[0] = Numbers.parse(last(words));
        expect("=", last(words));
      }
      case CHANGE -> change(op, words);
      case NAMED -> named(words, form.arguments());
    }
    object = names.find(String.join(" ", words));
    return op;
  }

  private void change(Op op, List<String> words) {
    String after = last(words);
    if (op == Op.CMPXCHG && (after.equals("ok") || after.equals("failed"))) {
      arguments[2] = after.equals("ok") ? 1 : 0;
      after = last(words);
    }
    arguments[1] = Numbers.parse(after);
    expect("->", last(words));
    arguments[0] = Numbers.parse(last(words));
  }

  private void named(List<String> words, List<String> wanted) {
    for (int slot = wanted.size() - 1; slot >= 0; slot--) {
      String name = wanted.get(slot);
      if (!name.equals(OpForm.UNUSED)) {
        String word = last(words);
        if (!word.startsWith(name + "=")) {
          throw new IllegalArgumentException("'" + name + "=' expected, not '" + word + "'");
        }
        arguments[slot] = ArgFormat.of(name).parse(word.substring(name.length() + 1));
      }
    }
  }

  private void spare(String word) {
    int slot = word.length() > 2 && word.charAt(2) == '=' ? "abcd".indexOf(word.charAt(1)) : -1;
    if (slot < 0) {
      throw new IllegalArgumentException("not an argument: '" + word + "'");
    }
    arguments[slot] = Numbers.parse(word.substring(3));
  }

  private static String last(List<String> words) {
    if (words.isEmpty()) {
      throw new IllegalArgumentException("the operation is cut short");
    }
    return words.removeLast();
  }

  private static void expect(String wanted, String word) {
    if (!wanted.equals(word)) {
      throw new IllegalArgumentException("'" + wanted + "' expected, not '" + word + "'");
    }
  }
}
