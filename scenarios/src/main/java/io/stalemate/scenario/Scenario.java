package io.stalemate.scenario;

import io.stalemate.scenario.condition.Counts;
import java.util.List;

/**
 * A scenario: what is set up, who runs, what is watched and how a schedule's outcome is judged.
 *
 * @param title one line for lists
 * @param about what the scenario is about; may be empty
 * @param group under which lists show it
 * @param system the one of {@code systems} that a run takes unless it asks for another
 * @param systems what it can run against, distinct
 * @param pkvm the machine of system {@code pkvm}
 * @param tasks in the order of the file, which is the order of their numbers
 * @param oraclesLeftOut all other oracles watch
 * @param outcomes the first whose condition holds names a schedule's outcome
 * @param stepsMax bound on the steps of one schedule
 * @param digest first 10 hex digits of the SHA-256 of the file's content as canonical JSON: comments and layout
 *     do not matter
 */
public record Scenario(
    String name,
    String title,
    String about,
    String group,
    SystemUnderTest system,
    List<SystemUnderTest> systems,
    Vm vm,
    Pkvm pkvm,
    List<Task> tasks,
    List<OracleLeftOut> oraclesLeftOut,
    List<Goal> goals,
    List<Outcome> outcomes,
    int stepsMax,
    String digest) {

  /** The oracles that a scenario may leave out. */
  public static final List<String> ORACLES = List.of(
      "stale-translation", "staleness-protocol", "guest-memory", "guest-tags", "break-before-make", "accounting",
      "lockdep", "data-race", "progress", "conformance", "dirty-log", "page-ownership",
      "private-shared", "write-tracking", "spte-updates", "linearizability");

  /** Name of the outcome that no row of the file describes. */
  public static final String OTHER = "other";

  public Scenario {
    Limits.check(name);
    systems = List.copyOf(systems);
    tasks = List.copyOf(tasks);
    oraclesLeftOut = List.copyOf(oraclesLeftOut);
    goals = List.copyOf(goals);
    outcomes = List.copyOf(outcomes);
    if (!systems.contains(system)) {
      throw new IllegalArgumentException("system " + system + " of " + systems);
    }
    Limits.check("tasks", tasks.size(), 1, Limits.TASKS);
    Limits.check("steps", stepsMax, 1, Limits.STEPS);
  }

  /**
   * Yields the index in {@link #outcomes} of a schedule's outcome; {@code outcomes().size()} if no row holds. Allocates
   * nothing.
   */
  public int outcome(Counts counts) {
    for (int i = 0; i < outcomes.size(); i++) {
      if (outcomes.get(i).when().holds(counts)) {
        return i;
      }
    }
    return outcomes.size();
  }

  /** Yields the name of outcome {@code index}, as {@link #outcome} yields it. */
  public String outcomeName(int index) {
    return index == outcomes.size() ? OTHER : outcomes.get(index).name();
  }

  /**
   * Yields the class of outcome {@code index}. The outcome that no row describes is {@link OutcomeClass#UNKNOWN},
   * unless the scenario has no rows at all: then it judges by oracles alone and everything is acceptable.
   */
  public OutcomeClass outcomeClass(int index) {
    if (index < outcomes.size()) {
      return outcomes.get(index).grade();
    }
    return outcomes.isEmpty() ? OutcomeClass.ACCEPTABLE : OutcomeClass.UNKNOWN;
  }

  /** Yields the kernels of {@code on} that the scenario makes sense on, oldest first. */
  public List<Kernel> kernels(SystemUnderTest on) {
    return on.eras().stream().filter(era -> systems.contains(on) && vm.eras().contains(era))
        .map(era -> new Kernel(on, era)).toList();
  }

  /** Yields all that the scenario can run on: system by system, and of each the oldest kernel first. */
  public List<Kernel> kernels() {
    return systems.stream().flatMap(on -> kernels(on).stream()).toList();
  }

  /** Yields the kernel of {@code on}, one of {@link #systems}, that a run takes unless it asks for another. */
  public Kernel kernel(SystemUnderTest on) {
    List<Kernel> known = kernels(on);
    return known.stream().filter(each -> each.era().equals(vm.era())).findFirst().orElseGet(known::getLast);
  }

  /** Yields the names of the tasks, in order. */
  public List<String> taskNames() {
    return tasks.stream().map(Task::name).toList();
  }
}
