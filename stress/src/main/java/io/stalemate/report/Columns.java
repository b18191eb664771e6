package io.stalemate.report;

import io.stalemate.oracle.Evidence;
import io.stalemate.oracle.Finding;
import io.stalemate.scenario.input.Safe;
import io.stalemate.strategy.Schedule;
import io.stalemate.trace.Op;
import io.stalemate.trace.Trace;
import io.stalemate.trace.TraceLines;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.IntToLongFunction;

/**
 * A run as an interleaving: a column for each task, steps down the page, the state of the MMU at the right. Since one
 * task acts at a time, what it does may run on across the columns to its right.
 */
public final class Columns {

  private static final int STEP_WIDTH = 4;
  private static final int GUTTER = 2;
  /** Room that the rightmost task's text gets even if columns have to move together for it. */
  private static final int TEXT_MIN = 42;
  /** Room that is left to it when the tasks' names need the rest. */
  private static final int TEXT_FLOOR = 30;
  private static final int STRIDE_MIN = 5;
  private static final int HOLDER_WIDTH = 11;
  private static final int COUNT_WIDTH = 3;
  private static final int GFNS_WIDTH = 7;

  private final TraceLines lines;
  private final Trace trace;
  private final List<Finding> findings;
  private final IntToLongFunction offered;
  private final int steps;
  private final Screen screen;
  private final boolean wide;
  private final Set<Integer> racing = new TreeSet<>();
  private final Set<Integer> evidence = new TreeSet<>();
  private final Set<Integer> switches = new TreeSet<>();
  private final List<Integer> tasks = new ArrayList<>();
  private final StringBuilder out = new StringBuilder();
  private MmuState state;
  private final int room;
  private final int stride;
  private int stepShown = -1;
  private int foldedNow;
  private int folded;

  /**
   * Columns of one run.
   *
   * @param findings what was found in it, worst first, perhaps nothing; the evidence of all is shown, that of the first
   *     is marked
   * @param offered by step, the tasks that could have gone, as bits
   * @param steps number of steps that {@code offered} knows; 0 if nobody recorded them
   * @param schedule the switches that the run does not make by itself; each gets a line
   * @param wide whether to show every event, and each in full however wide the screen
   */
  public Columns(TraceLines lines, List<Finding> findings, IntToLongFunction offered, int steps, Schedule schedule,
      Screen screen, boolean wide) {
    this.lines = lines;
    this.trace = lines.trace();
    this.findings = List.copyOf(findings);
    this.offered = offered;
    this.steps = steps;
    this.screen = screen;
    this.wide = wide;
    this.state = new MmuState(trace);
    findings.forEach(finding -> finding.evidence().forEach(each -> evidence.add(each.event())));
    findings.stream().limit(1).forEach(worst -> worst.evidence().forEach(each -> racing.add(each.event())));
    for (int step : schedule.steps()) {
      switches.add(step);
    }
    Set<Integer> acting = new TreeSet<>();
    for (int event = 0; event < trace.size(); event++) {
      if (trace.task(event) != Trace.BOOT && isShown(event)) {
        acting.add(trace.task(event));
      }
    }
    tasks.addAll(acting);
    int stateWidth = 0;
    for (int i = 0; i < state.titles().size(); i++) {
      stateWidth += GUTTER + stateWidth(i);
    }
    room = screen.width() - STEP_WIDTH - stateWidth;
    stride = stride();
  }

  /** Equal shares, unless the last column would be left with too little; names come before long texts. */
  private int stride() {
    int gaps = Math.max(1, tasks.size() - 1);
    int longest = 0;
    for (int i = 0; i < tasks.size() - 1; i++) {
      longest = Math.max(longest, Steps.task(trace, tasks.get(i)).length());
    }
    int named = Math.min(longest + GUTTER, (room - GUTTER - TEXT_FLOOR) / gaps);
    int wanted = Math.max(named, (room - GUTTER - TEXT_MIN) / gaps);
    return Math.max(STRIDE_MIN, Math.min(room / Math.max(1, tasks.size()), wanted));
  }

  /**
   * Yields the interleaving; every line ends with a line feed.
   *
   * @param footer the last line's beginning: the trace hash and what it was compared with
   */
  public String render(String footer) {
    out.setLength(0);
    state = new MmuState(trace);
    stepShown = -1;
    folded = 0;
    header();
    int previous = Trace.BOOT;
    int stepped = Trace.BOOT;
    for (int event = 0; event < trace.size(); event++) {
      int task = trace.task(event);
      boolean isPreemption = isPreemption(event, stepped);
      boolean isSwitch = isPreemption || isInSchedule(event);
      if (task != previous || isSwitch) {
        flush(previous, event);
        if (isSwitch) {
          choice(isPreemption ? "preempt" : "switch", event, task);
        }
      }
      previous = task;
      stepped = trace.isStep(event) ? task : stepped;
      if (isShown(event)) {
        flush(task, event);
        state.follow(event);
        row(event);
      } else {
        state.follow(event);
        foldedNow++;
      }
      violations(event);
    }
    flush(previous, trace.size());
    String last = Safe.print(footer);
    if (folded > 0) {
      last += (last.isEmpty() ? "" : "     ") + folded + (folded == 1 ? " event" : " events");
      last += " folded (--wide shows all)";
    }
    line(last);
    return out.toString();
  }

  private boolean isShown(int event) {
    return wide || evidence.contains(event) || (trace.task(event) != Trace.BOOT && Interest.in(trace, event));
  }

  private void header() {
    StringBuilder line = new StringBuilder("step");
    for (int column = 0; column < tasks.size(); column++) {
      String name = Steps.task(trace, tasks.get(column));
      boolean last = column == tasks.size() - 1;
      line.append(" ".repeat(GUTTER));
      line.append(Screen.padded(screen.cut(name, last ? TEXT_MIN : stride - GUTTER), stride - GUTTER));
    }
    int width = STEP_WIDTH + room;
    line(Screen.padded(screen.cut(line.toString().stripTrailing(), width), width) + stateText(state.titles()));
  }

  /** A switch is a preemption if the task of the step before could have gone on and did not ask to be overtaken. */
  private boolean isPreemption(int event, int previous) {
    if (previous == Trace.BOOT || previous == trace.task(event) || !trace.isStep(event)) {
      return false;
    }
    int step = lines.step(event);
    if (step >= steps || (offered.applyAsLong(step) >>> previous & 1) == 0) {
      return false;
    }
    for (int next = event; next < trace.size(); next++) {
      if (trace.task(next) == previous && trace.isStep(next)) {
        return trace.op(next) != Op.RETRYING;
      }
    }
    return true;
  }

  /** Whether the schedule names the step of {@code event}: where nobody is preempted it still says who begins. */
  private boolean isInSchedule(int event) {
    return trace.isStep(event) && lines.step(event) < steps && switches.contains(lines.step(event));
  }

  private void choice(String what, int event, int task) {
    int step = lines.step(event);
    List<String> others = new ArrayList<>();
    for (int other = 0; other < trace.tasks().size(); other++) {
      if (other != task && (offered.applyAsLong(step) >>> other & 1) != 0) {
        others.add(Steps.task(trace, other));
      }
    }
    String line = "  " + screen.rule(2) + " " + what + " @" + step + " " + screen.rule(2);
    if (!others.isEmpty()) {
      line += " could also have run: " + String.join(", ", others) + " ";
    }
    line = screen.cut(line, screen.width());
    line(line + screen.rule(screen.width() - line.length()));
  }

  /**
   * Shows what was folded of {@code task} before event {@code event}: one event as itself, more as their number. A task
   * of which nothing else is shown has no column and is only counted.
   */
  private void flush(int task, int event) {
    int count = foldedNow;
    foldedNow = 0;
    boolean isBystander = task != Trace.BOOT && !tasks.contains(task);
    if (count == 1 && task != Trace.BOOT && !isBystander) {
      row(event - 1);
    } else if (isBystander) {
      folded += count;
    } else if (count > 0) {
      folded += count;
      String what = count + (task == Trace.BOOT ? " boot events folded" : " events folded");
      line(screen.colour().faint(" ".repeat(indent(task) + GUTTER) + screen.cut(what, room - GUTTER)));
    }
  }

  private void row(int event) {
    boolean marked = racing.contains(event);
    int task = trace.task(event);
    int step = Steps.of(lines, event);
    String number = step >= 0 && step != stepShown ? Integer.toString(step) : "";
    stepShown = step;
    int indent = indent(task);
    String what = task == Trace.BOOT ? "boot " : "";
    int width = STEP_WIDTH + room - indent - GUTTER;
    String whole = what + Safe.print(operation(event));
    String text = wide ? whole : screen.cut(whole, width);
    String blanks = " ".repeat(Math.max(0, width - text.length()));
    line(" ".repeat(Math.max(0, STEP_WIDTH - number.length())) + number + " ".repeat(indent - STEP_WIDTH)
        + Screen.padded(marked ? screen.mark() : "", GUTTER)
        + (marked ? screen.colour().strong(text) : text) + blanks + stateText(state.values()));
  }

  /** Yields the event's own line; if its numbers need words, those stand after its name, or all of both if wide. */
  private String operation(int event) {
    String words = InWords.of(trace, event);
    if (wide || words.isEmpty()) {
      return InWords.inFull(lines, event);
    }
    return InWords.briefly(trace, event, words);
  }

  /** Yields the column in which the gutter of {@code task} begins. */
  private int indent(int task) {
    return STEP_WIDTH + Math.min(Math.max(0, tasks.indexOf(task)) * stride, Math.max(0, room - STRIDE_MIN));
  }

  private String stateText(List<String> values) {
    StringBuilder line = new StringBuilder();
    for (int i = 0; i < values.size(); i++) {
      line.append(" ".repeat(GUTTER)).append(Screen.padded(screen.cut(values.get(i), stateWidth(i)), stateWidth(i)));
    }
    return line.toString();
  }

  private int stateWidth(int column) {
    return switch (state.titles().get(column)) {
      case "mmu_lock" -> HOLDER_WIDTH;
      case "private" -> GFNS_WIDTH;
      case "gen" -> COUNT_WIDTH + 1;
      default -> COUNT_WIDTH;
    };
  }

  private void violations(int event) {
    for (Finding finding : findings) {
      int last = finding.evidence().stream().mapToInt(Evidence::event).max().orElse(-1);
      if (last == event) {
        String text = "VIOLATION " + finding.oracle() + ": " + finding.what();
        screen.wrap(" ".repeat(STEP_WIDTH + GUTTER) + Safe.print(text), " ".repeat(STEP_WIDTH + GUTTER))
            .forEach(line -> line(screen.colour().alarm(line)));
      }
    }
  }

  private void line(String line) {
    out.append(line.stripTrailing()).append('\n');
  }
}
