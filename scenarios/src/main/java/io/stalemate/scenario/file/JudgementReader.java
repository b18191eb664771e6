package io.stalemate.scenario.file;

import io.stalemate.scenario.Goal;
import io.stalemate.scenario.Limits;
import io.stalemate.scenario.OracleLeftOut;
import io.stalemate.scenario.Outcome;
import io.stalemate.scenario.OutcomeClass;
import io.stalemate.scenario.Scenario;
import io.stalemate.scenario.SystemUnderTest;
import io.stalemate.scenario.Task;
import io.stalemate.scenario.Worded;
import io.stalemate.scenario.condition.Condition;
import io.stalemate.scenario.condition.ConditionParser;
import io.stalemate.scenario.input.Refused;
import java.util.ArrayList;
import java.util.List;

/** Reads {@code goals}, {@code outcomes} and {@code oracles}: how a schedule is judged. */
final class JudgementReader {

  private static final int NAME_MAX = 60;
  private static final int WHY_MAX = 200;
  private static final OutcomeClass[] CLASSES =
      {OutcomeClass.ACCEPTABLE, OutcomeClass.INTERESTING, OutcomeClass.FORBIDDEN};

  private final Section root;
  private final List<String> tasks;
  private final int[] actions;
  private final List<SystemUnderTest> systems;

  JudgementReader(Section root, List<SystemUnderTest> systems, List<Task> tasks) {
    this.systems = systems;
    this.root = root;
    this.tasks = tasks.stream().map(Task::name).toList();
    this.actions = tasks.stream().mapToInt(task -> task.actions().size()).toArray();
  }

  List<Goal> goals() {
    List<Goal> goals = new ArrayList<>();
    for (Section at : root.sections("goals", "a goal", Limits.GOALS)) {
      at.allow(List.of("name", "when", "systems"));
      String name = name(at, goals.stream().map(Goal::name).toList());
      String text = when(at);
      goals.add(new Goal(name, text, condition(at, text), systems(at)));
    }
    return goals;
  }

  /** The systems that a goal is of; all unless it says which. */
  private List<SystemUnderTest> systems(Section at) {
    List<String> words = at.words("systems", Worded.words(systems.toArray(Worded[]::new)));
    return words.isEmpty() ? systems : systems.stream().filter(each -> words.contains(each.word())).toList();
  }

  List<Outcome> outcomes() {
    List<Outcome> outcomes = new ArrayList<>();
    for (Section at : root.sections("outcomes", "an outcome", Limits.OUTCOMES)) {
      at.allow(List.of("name", "when", "class"));
      String name = name(at, outcomes.stream().map(Outcome::name).toList());
      if (name.equals(Scenario.OTHER)) {
        throw at.refused("name", "outcome 'other'; that name is kept for what no outcome describes");
      }
      String text = when(at);
      outcomes.add(new Outcome(name, at.word("class", CLASSES), text, condition(at, text)));
    }
    return outcomes;
  }

  List<OracleLeftOut> oraclesLeftOut() {
    List<OracleLeftOut> leftOut = new ArrayList<>();
    Section oracles = root.section("oracles", "the oracles").allow(List.of("without"));
    for (Section at : oracles.sections("without", "an oracle left out", Scenario.ORACLES.size())) {
      at.allow(List.of("oracle", "why"));
      String oracle = at.word("oracle", Scenario.ORACLES);
      if (leftOut.stream().anyMatch(other -> other.oracle().equals(oracle))) {
        throw at.refused("oracle", "oracle '" + oracle + "' left out twice; once is enough");
      }
      leftOut.add(new OracleLeftOut(oracle, at.text("why", WHY_MAX)));
    }
    return leftOut;
  }

  private static String name(Section at, List<String> before) {
    String name = at.text("name", NAME_MAX);
    if (before.contains(name)) {
      throw at.refused("name", "name '" + name + "' given twice; names are unique");
    }
    return name;
  }

  private static String when(Section at) {
    return at.lines("when", ConditionParser.LENGTH_MAX);
  }

  private Condition condition(Section at, String text) {
    try {
      return ConditionParser.parse(text, tasks, actions);
    } catch (Refused refused) {
      throw at.refused("when", refused.getMessage());
    }
  }
}
