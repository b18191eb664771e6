package io.stalemate.cli;

import io.stalemate.machine.Tracepoint;
import io.stalemate.report.Colour;
import io.stalemate.report.Screen;
import io.stalemate.scenario.input.Safe;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/** A run on each of two kernels: where a task first does something else, and which exits and results come of it. */
final class Differing {

  private static final String ABSENT = "-";
  private static final String HEAD = "exits and results";
  private static final int COLUMN_MIN = 24;
  private static final int KERNEL_WIDTH = 16;
  private static final int STEP_WIDTH = 6;

  private final RunFacts left;
  private final RunFacts right;
  private final List<String> lines = new ArrayList<>();
  private int task = -1;
  private int at;

  private Differing(RunFacts left, RunFacts right) {
    this.left = left;
    this.right = right;
  }

  /** Yields the differences of two runs of one scenario as lines. */
  static List<String> lines(RunFacts left, RunFacts right) {
    Differing differing = new Differing(left, right);
    differing.firstDifference();
    differing.printFirstDifference();
    differing.lines.add("");
    differing.results();
    return differing.lines;
  }

  /** Whether the first difference is within one fault of a task, and that fault leads to other exits. */
  static boolean isWithinAFault(RunFacts left, RunFacts right) {
    Differing differing = new Differing(left, right);
    differing.firstDifference();
    int fault = differing.fault(left);
    return fault != 0 && fault == differing.fault(right)
        && !differing.exits(left, fault).equals(differing.exits(right, fault));
  }

  private List<String> exits(RunFacts side, int fault) {
    return side.announced().get(task).stream().filter(fact -> fact.fault() == fault).map(RunFacts.Announced::line)
        .filter(line -> line.startsWith(Tracepoint.VCPU_EXIT.kernelName() + ":")).toList();
  }

  private int fault(RunFacts side) {
    List<RunFacts.Announced> facts = task < 0 ? List.of() : side.announced().get(task);
    return at < facts.size() ? facts.get(at).fault() : 0;
  }

  /** Of the tasks that do something else on the other kernel, the one that begins first. */
  private void firstDifference() {
    int step = Integer.MAX_VALUE;
    for (int each = 0; each < left.tasks().size(); each++) {
      int index = mismatch(each);
      int begins = Math.min(step(left, each, index), step(right, each, index));
      if (begins < step) {
        task = each;
        at = index;
        step = begins;
      }
    }
  }

  private void printFirstDifference() {
    if (task < 0) {
      lines.add("no task does anything else");
      return;
    }
    lines.add("first difference: " + left.tasks().get(task));
    for (int before = Math.max(0, at - 2); before < at; before++) {
      fact("both", number(left, before), number(right, before), left, before);
    }
    fact(left.kernel().text(), number(left, at), "", left, at);
    fact(right.kernel().text(), "", number(right, at), right, at);
  }

  /** Yields the index of the first fact of {@code task} that differs; the number of facts if none does. */
  private int mismatch(int task) {
    List<RunFacts.Announced> ours = left.announced().get(task);
    List<RunFacts.Announced> theirs = right.announced().get(task);
    int index = 0;
    while (index < ours.size() && index < theirs.size()
        && ours.get(index).line().equals(theirs.get(index).line())) {
      index++;
    }
    return index;
  }

  private static int step(RunFacts side, int task, int index) {
    List<RunFacts.Announced> facts = side.announced().get(task);
    return index < facts.size() ? facts.get(index).step() : Integer.MAX_VALUE;
  }

  /** Yields the step of a fact as the interleaving numbers it; it has none before the first step. */
  private String number(RunFacts side, int index) {
    int step = step(side, task, index);
    return step == Integer.MAX_VALUE ? "" : step < 0 ? "-" : "@" + step;
  }

  /** A line: the steps of the kernels in a column each, then what {@code side} has. */
  private void fact(String who, String ours, String theirs, RunFacts side, int index) {
    List<RunFacts.Announced> facts = side.announced().get(task);
    Screen screen = new Screen(Screen.WIDTH, false, new Colour(false));
    String head = "  " + padded(who, KERNEL_WIDTH) + padded(ours, STEP_WIDTH) + padded(theirs, STEP_WIDTH);
    String text = index < facts.size() ? Safe.print(facts.get(index).line()) : "nothing more";
    lines.addAll(screen.wrap(head + text, " ".repeat(head.length())));
  }

  private void results() {
    List<String> names = names();
    int what = names.stream().mapToInt(String::length).reduce(HEAD.length(), Math::max) + 2;
    int column = COLUMN_MIN;
    for (String name : names) {
      column = Math.max(column, text(left, name).length() + 2);
    }
    column = Math.max(column, left.outcome().length() + 2);
    lines.add(padded(HEAD, what) + padded(left.kernel().text(), column) + right.kernel().text());
    for (String name : names) {
      row(name, text(left, name), text(right, name), what, column);
    }
    row("outcome", left.outcome(), right.outcome(), what, column);
  }

  private void row(String name, String ours, String theirs, int what, int column) {
    lines.add(padded(name, what) + padded(ours, column) + theirs + (ours.equals(theirs) ? "" : "  *"));
  }

  /** What either of them has, in the order of tasks. */
  private List<String> names() {
    Set<String> names = new LinkedHashSet<>();
    for (String task : left.tasks()) {
      for (RunFacts side : List.of(left, right)) {
        side.results().stream().map(RunFacts.Result::what).filter(name -> name.startsWith(task + " "))
            .forEach(names::add);
      }
    }
    return List.copyOf(names);
  }

  private static String text(RunFacts side, String name) {
    return side.results().stream().filter(result -> result.what().equals(name)).map(RunFacts.Result::text)
        .findFirst().orElse(ABSENT);
  }

  private static String padded(String text, int length) {
    return text + " ".repeat(Math.max(1, length - text.length()));
  }
}
