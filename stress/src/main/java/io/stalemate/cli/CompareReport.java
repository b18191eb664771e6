package io.stalemate.cli;

import io.stalemate.scenario.Goal;
import io.stalemate.scenario.Kernel;
import io.stalemate.scenario.Scenario;
import io.stalemate.session.Session;
import java.util.List;
import java.util.Locale;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** What {@code compare} says: the outcomes of all kernels side by side, and runs to look at where they differ. */
final class CompareReport {

  private static final int COLUMN = 10;
  private static final int NAME_MIN = 20;
  private static final String NONE = "-";
  private static final String DIFFERS = "*";

  private final GlobalOptions global;
  private final Comparison comparison;
  private final Scenario scenario;
  private final String fileOption;

  /** A report; {@code fileOption} is what tokens need besides, as {@link Subject#fileOption} yields it. */
  CompareReport(GlobalOptions global, Comparison comparison, String fileOption) {
    this.global = global;
    this.comparison = comparison;
    this.scenario = comparison.scenario();
    this.fileOption = fileOption;
  }

  void print() {
    if (global.json()) {
      printJson();
      return;
    }
    line("%s: %s · model %s", scenario.name(), scenario.title(), comparison.model().id());
    line("%,d runs on each of %d kernels · %s · seed %s", comparison.plan().runsMax(), comparison.kernels().size(),
        comparison.plan().strategy(), Long.toHexString(comparison.plan().seed()));
    line("");
    printTable();
    printExamples();
    printFindings();
    line("verdict %s", comparison.verdict());
  }

  private void printTable() {
    List<Comparison.Row> rows = comparison.rows();
    int name = rows.stream().mapToInt(row -> scenario.outcomeName(row.outcome()).length()).reduce(NAME_MIN, Math::max);
    StringBuilder systems = new StringBuilder(" ".repeat(name + 2));
    StringBuilder eras = new StringBuilder(padded("outcome", name + 2));
    for (Kernel kernel : comparison.kernels()) {
      systems.append(right(kernel.system().word()));
      eras.append(right(kernel.era()));
    }
    line("%s", systems);
    line("%s  class", eras);
    for (Comparison.Row row : rows) {
      StringBuilder cells =
          new StringBuilder(padded(scenario.outcomeName(row.outcome()), name + 1));
      cells.append(row.differs() ? DIFFERS : " ");
      for (int i = 0; i < row.counts().size(); i++) {
        long count = row.counts().get(i);
        cells.append(right(count == 0 ? NONE : RunReport.share(count, comparison.results().get(i).tally().runs())));
      }
      line("%s  %s", cells, scenario.outcomeClass(row.outcome()).word());
    }
    printBounds(name);
    printGoals();
    line("");
    line("%s", rows.stream().anyMatch(Comparison.Row::differs)
        ? DIFFERS + " not on every kernel"
        : "every outcome is on every kernel");
  }

  private void printBounds(int name) {
    if (comparison.results().stream().anyMatch(result -> result.tally().bounds() > 0)) {
      StringBuilder cells = new StringBuilder(padded("bound of " + scenario.stepsMax() + " steps", name + 2));
      for (Session.Result result : comparison.results()) {
        cells.append(right(result.tally().bounds() == 0
            ? NONE : RunReport.share(result.tally().bounds(), result.tally().runs())));
      }
      line("%s  unknown", cells);
    }
  }

  private void printGoals() {
    for (int goal = 0; goal < scenario.goals().size(); goal++) {
      Goal each = scenario.goals().get(goal);
      for (int i = 0; i < comparison.results().size(); i++) {
        if (each.systems().contains(comparison.kernels().get(i).system())
            && comparison.results().get(i).tally().goal(goal) == 0) {
          line("goal never reached on %s: %s", comparison.kernels().get(i).text(), each.name());
        }
      }
    }
  }

  private void printExamples() {
    int outcome = -1;
    for (Comparison.Example example : comparison.examples()) {
      if (example.outcome() != outcome) {
        outcome = example.outcome();
        line("%s", scenario.outcomeName(outcome));
      }
      line("  %-16s stalemate show %s%s", example.kernel().text(), example.token(), fileOption);
    }
  }

  private void printFindings() {
    for (int i = 0; i < comparison.results().size(); i++) {
      Session.Result result = comparison.results().get(i);
      for (int j = 0; j < result.found().size(); j++) {
        Session.Found found = result.found().get(j);
        line("finding on %s: %s: %,d of %,d runs", comparison.kernels().get(i).text(), found.signature().text(),
            result.foundCounts().get(j), result.tally().runs());
        line("  stalemate show %s%s", comparison.token(i, found.seed()), fileOption);
      }
      if (result.differed().isPresent()) {
        line("run %,d on %s came out differently when repeated", result.differed().get().index() + 1,
            comparison.kernels().get(i).text());
      }
    }
  }

  private static String padded(String text, int length) {
    return text + " ".repeat(Math.max(0, length - text.length()));
  }

  private static String right(String text) {
    return " ".repeat(Math.max(1, COLUMN - text.length())) + text;
  }

  private void printJson() {
    Json json = new Json();
    ObjectNode document = json.document("compare")
        .put("scenario", scenario.name())
        .put("strategy", comparison.plan().strategy())
        .put("seed", Long.toHexString(comparison.plan().seed()))
        .put("model", comparison.model().id())
        .put("verdict", comparison.verdict().name())
        .put("exitCode", comparison.verdict().exitCode());
    ArrayNode kernels = document.putArray("kernels");
    for (int i = 0; i < comparison.kernels().size(); i++) {
      kernel(kernels.addObject(), i);
    }
    ArrayNode outcomes = document.putArray("outcomes");
    for (Comparison.Row row : comparison.rows()) {
      ObjectNode node = outcomes.addObject()
          .put("name", scenario.outcomeName(row.outcome()))
          .put("class", scenario.outcomeClass(row.outcome()).word())
          .put("differs", row.differs());
      ArrayNode counts = node.putArray("counts");
      row.counts().forEach(counts::add);
    }
    ArrayNode examples = document.putArray("examples");
    for (Comparison.Example example : comparison.examples()) {
      examples.addObject()
          .put("outcome", scenario.outcomeName(example.outcome()))
          .put("system", example.kernel().system().word())
          .put("era", example.kernel().era())
          .put("token", example.token());
    }
    global.out().println(json.text(document));
  }

  private void kernel(ObjectNode node, int index) {
    Session.Result result = comparison.results().get(index);
    node.put("system", comparison.kernels().get(index).system().word())
        .put("era", comparison.kernels().get(index).era())
        .put("runs", result.tally().runs())
        .put("boundReached", result.tally().bounds());
    ArrayNode findings = node.putArray("findings");
    for (int i = 0; i < result.found().size(); i++) {
      Session.Found found = result.found().get(i);
      findings.addObject()
          .put("signature", found.signature().text())
          .put("runs", result.foundCounts().get(i))
          .put("token", comparison.token(index, found.seed()));
    }
  }

  private void line(String format, Object... values) {
    global.out().println(String.format(Locale.ROOT, format, values));
  }
}
