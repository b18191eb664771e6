package io.stalemate.report;

import io.stalemate.oracle.Evidence;
import io.stalemate.oracle.Finding;
import io.stalemate.scenario.input.Safe;
import io.stalemate.strategy.Schedule;
import io.stalemate.trace.Trace;
import io.stalemate.trace.TraceLines;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * A finding the way a kernel reports a bug: who did what, where from, holding what, in which order, and how to see it
 * again.
 *
 * @param lines the run
 * @param finding what was found in it; its evidence names events of the run
 * @param others what else was found in it, worst first; each gets a line
 * @param stacks by event, the kernel functions that led to it, innermost first; events may be missing
 * @param schedule the run's schedule
 * @param found how often, in one line; empty if that is not known
 * @param handles what to type or copy, by label in order: {@code replay}, {@code token}, {@code report}
 */
public record Splat(
    TraceLines lines,
    Finding finding,
    List<Finding> others,
    Map<Integer, List<String>> stacks,
    Schedule schedule,
    String found,
    Map<String, String> handles) {

  private static final int RULE_WIDTH = 66;
  private static final int RACING = 2;
  private static final int LABEL_WIDTH = 10;
  private static final int SWITCHES_MAX = 60;
  /** Functions that every walk of a page table goes through: their callers say what was going on. */
  private static final Pattern WALK = Pattern.compile("_*kvm_pgtable_(visit|walk)");

  /** Yields the splat; every line ends with a line feed. */
  public String render(Screen screen) {
    StringBuilder out = new StringBuilder();
    line(out, "=".repeat(RULE_WIDTH));
    line(out, screen.colour().alarm("BUG: stalemate: " + Safe.print(finding.oracle()) + where()));
    line(out, "");
    paragraph(out, screen, finding.what());
    for (Evidence evidence : finding.evidence()) {
      line(out, "");
      evidence(out, screen, evidence);
    }
    line(out, "");
    finding.notes().forEach(note -> paragraph(out, screen, note));
    paragraph(out, screen, "broken rule: " + finding.rule());
    others.forEach(other -> paragraph(out, screen, "also " + other.oracle() + ": " + other.what()));
    line(out, "");
    schedule(out, screen);
    if (!found.isEmpty()) {
      paragraph(out, screen, found);
    }
    if (!handles.isEmpty()) {
      line(out, "");
      // Never broken: these are copied.
      handles.forEach((label, text) ->
          line(out, "  " + Screen.padded(Safe.print(label), LABEL_WIDTH) + Safe.print(text)));
    }
    line(out, "=".repeat(RULE_WIDTH));
    return out.toString();
  }

  /** The innermost functions of the racing accesses that say something, or else their tasks. */
  private String where() {
    Set<String> functions = new LinkedHashSet<>();
    Set<String> tasks = new LinkedHashSet<>();
    for (Evidence evidence : finding.evidence().subList(0, Math.min(RACING, finding.evidence().size()))) {
      List<String> stack = stack(evidence);
      telling(stack).ifPresent(function -> functions.add(Safe.print(function)));
      if (inTrace(evidence)) {
        tasks.add(Steps.task(trace(), trace().task(evidence.event())));
      }
    }
    Set<String> names = functions.isEmpty() ? tasks : functions;
    return names.isEmpty() ? "" : " in " + String.join(" / ", names);
  }

  /** Yields the innermost function of {@code stack} that says what was going on; of walks of a table, their caller. */
  public static Optional<String> telling(List<String> stack) {
    return stack.stream().filter(function -> !WALK.matcher(function).matches()).findFirst()
        .or(() -> stack.stream().findFirst());
  }

  private void evidence(StringBuilder out, Screen screen, Evidence evidence) {
    if (!inTrace(evidence)) {
      paragraph(out, screen, evidence.role());
      return;
    }
    int event = evidence.event();
    int task = trace().task(event);
    paragraph(out, screen,
        evidence.role() + " by " + Steps.task(trace(), task) + " " + Steps.place(lines, event) + ":");
    line(out, screen.cut("  " + Safe.print(lines.operation(event)), screen.width()));
    String words = InWords.of(trace(), event);
    if (!words.isEmpty()) {
      line(out, screen.cut("    " + Safe.print(words), screen.width()));
    }
    stack(evidence).forEach(function -> line(out, " " + Safe.print(function)));
    List<String> held = LocksHeld.at(trace(), event, task);
    if (!held.isEmpty()) {
      paragraph(out, screen, " held: " + String.join("  ", held));
    }
  }

  private void schedule(StringBuilder out, Screen screen) {
    int size = schedule.size();
    if (size == 0) {
      line(out, "schedule: everybody runs on until it blocks");
      return;
    }
    List<String> switches = new ArrayList<>();
    for (int i = 0; i < Math.min(size, SWITCHES_MAX); i++) {
      switches.add("@" + schedule.steps()[i] + screen.arrow() + Steps.task(trace(), schedule.tasks()[i]));
    }
    if (size > SWITCHES_MAX) {
      switches.add("and " + (size - SWITCHES_MAX) + " more");
    }
    paragraph(out, screen,
        "schedule (" + size + (size == 1 ? " switch): " : " switches): ") + String.join("  ", switches));
  }

  private List<String> stack(Evidence evidence) {
    return stacks.getOrDefault(evidence.event(), List.of());
  }

  private boolean inTrace(Evidence evidence) {
    return evidence.event() >= 0 && evidence.event() < trace().size();
  }

  private Trace trace() {
    return lines.trace();
  }

  private static void paragraph(StringBuilder out, Screen screen, String text) {
    screen.wrap(Safe.print(text), "  ").forEach(line -> line(out, line));
  }

  private static void line(StringBuilder out, String line) {
    out.append(line.stripTrailing()).append('\n');
  }
}
