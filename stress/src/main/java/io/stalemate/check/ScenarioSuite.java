package io.stalemate.check;

import io.stalemate.actors.Worlds;
import io.stalemate.scenario.Scenario;
import io.stalemate.scenario.token.Model;
import io.stalemate.session.Case;
import io.stalemate.session.Portfolio;
import io.stalemate.session.Runner;
import io.stalemate.session.Search;
import io.stalemate.strategy.Seeded;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BooleanSupplier;

/**
 * Checks one scenario: a bounded search on its own kernel, then a portfolio on all its kernels, until something is
 * found.
 */
final class ScenarioSuite {

  /** Schedules between two looks at the goals that are left. */
  private static final long GOAL_ROUND = 1000;

  /** In place of a bound, if none was closed. */
  static final int NONE = -1;

  private final Target target;
  private final Limits limits;
  private final Model model;
  private final long seed;
  private final BooleanSupplier stop;
  private int closed = NONE;

  /** {@code seed} is the check's; {@code stop} is asked before each run. */
  ScenarioSuite(Target target, Limits limits, Model model, long seed, BooleanSupplier stop) {
    this.target = target;
    this.limits = limits;
    this.model = model;
    this.seed = ofName(seed, target.scenario().name());
    this.stop = stop;
  }

  /** A scenario has the same schedules whatever else is checked. */
  private static long ofName(long seed, String name) {
    long derived = seed;
    for (int i = 0; i < name.length(); i++) {
      derived = Seeded.derive(derived, name.charAt(i));
    }
    return derived;
  }

  /** Runs it in the worlds from {@code world} on, one a kernel. */
  Suite run(Worlds worlds, int world) {
    long begun = System.nanoTime();
    List<Case> cases = target.cases();
    if (stop.getAsBoolean()) {
      return new Suite(target.scenario().name(), kernel(cases), target.scenario().title(),
          List.of(Claims.cut("not begun")), "not begun", 0, 0);
    }
    List<Runner> runners = new ArrayList<>();
    for (Case each : cases) {
      runners.add(new Runner(worlds, world + runners.size(), each));
    }
    Deepening deepening = Deepening.of(runners.getFirst(), limits, stop);
    Search.Result searched = deepening.result();
    closed = searched.closed();
    Portfolio portfolio = new Portfolio(runners, seed, stop);
    boolean cut = false;
    if (searched.found().isEmpty() && searched.differed().isEmpty()) {
      long planned = limits.portfolio(searched.tally().runs());
      portfolio.run(planned);
      while (wantsGoals(searched, portfolio, planned) && !stop.getAsBoolean()) {
        portfolio.run(Math.min(GOAL_ROUND, planned + limits.goalSchedules() - portfolio.runs()));
      }
      cut = isClean(portfolio)
          && (searched.interrupted() || portfolio.runs() < planned || wantsGoals(searched, portfolio, planned));
    }
    Explained explained =
        Explained.of(runners.getFirst(), searched, portfolio, model, target.fileOption());
    Claims claims = new Claims(runners.getFirst(), deepening, portfolio, explained, limits, model);
    return new Suite(target.scenario().name(), kernel(cases), target.scenario().title(), claims.all(cut),
        claims.summary(), searched.tally().runs() + portfolio.runs(), System.nanoTime() - begun);
  }

  /** Highest bound that its search closed; may be asked when it is over. */
  int closed() {
    return closed;
  }

  private static String kernel(List<Case> cases) {
    return cases.size() == 1 ? cases.getFirst().kernel().text() : "";
  }

  private static boolean isClean(Portfolio portfolio) {
    return portfolio.found().isEmpty() && portfolio.differed().isEmpty();
  }

  /** Whether a goal is left that schedules may still be spent on. */
  private boolean wantsGoals(Search.Result searched, Portfolio portfolio, long planned) {
    return isClean(portfolio) && portfolio.runs() < planned + limits.goalSchedules()
        && !reachedAll(searched, portfolio);
  }

  private static boolean reachedAll(Search.Result searched, Portfolio portfolio) {
    Scenario scenario = portfolio.scenario();
    for (int goal = 0; goal < scenario.goals().size(); goal++) {
      if (Claims.isWanted(portfolio, goal) && Claims.reached(searched, portfolio, goal) == 0) {
        return false;
      }
    }
    return true;
  }
}
