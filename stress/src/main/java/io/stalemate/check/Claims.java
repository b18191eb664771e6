package io.stalemate.check;

import io.stalemate.oracle.Finding;
import io.stalemate.scenario.Goal;
import io.stalemate.scenario.OutcomeClass;
import io.stalemate.scenario.Scenario;
import io.stalemate.scenario.token.Model;
import io.stalemate.session.Case;
import io.stalemate.session.Portfolio;
import io.stalemate.session.Runner;
import io.stalemate.session.Search;
import io.stalemate.session.Tally;
import io.stalemate.session.Verdict;
import io.stalemate.strategy.Schedule;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.ToLongFunction;

/** What the runs of one scenario say: about oracles, outcomes, goals, the search and repetition. */
final class Claims {

  private static final String OUTCOME = "outcome";
  /** The oracle that may give up on a run. */
  private static final String LINEARIZABILITY = "linearizability";

  private final Runner own;
  private final Deepening deepening;
  private final Search.Result searched;
  private final Portfolio portfolio;
  private final Explained explained;
  private final Limits limits;
  private final Model model;
  private final Scenario scenario;

  /** Of a search in {@code own} and of a portfolio that may have done nothing. */
  Claims(Runner own, Deepening deepening, Portfolio portfolio, Explained explained, Limits limits, Model model) {
    this.own = own;
    this.deepening = deepening;
    this.searched = deepening.result();
    this.portfolio = portfolio;
    this.explained = explained;
    this.limits = limits;
    this.model = model;
    this.scenario = portfolio.scenario();
  }

  /** A claim that nothing is to be said about. */
  static Claim pass(Claim.Kind kind, String name) {
    return new Claim(kind, name, Verdict.PASS, "", "", Optional.empty());
  }

  /** The claim of a suite that was not brought to its end; {@code how} says how far it came. */
  static Claim cut(String how) {
    return new Claim(Claim.Kind.BUDGET, "budget", Verdict.INCONCLUSIVE,
        "the check was ended before the work was done: " + how, "", Optional.empty());
  }

  /** Whether goal {@code goal} is to be reached on one of the kernels that are run. */
  static boolean isWanted(Portfolio portfolio, int goal) {
    Goal wanted = portfolio.scenario().goals().get(goal);
    return portfolio.cases().stream().anyMatch(each -> wanted.systems().contains(each.kernel().system()));
  }

  /** Yields in how many runs goal {@code goal} was reached, on systems where it is to be. */
  static long reached(Search.Result searched, Portfolio portfolio, int goal) {
    Goal wanted = portfolio.scenario().goals().get(goal);
    List<Case> cases = portfolio.cases();
    long reached = wanted.systems().contains(cases.getFirst().kernel().system()) ? searched.tally().goal(goal) : 0;
    for (int i = 0; i < cases.size(); i++) {
      if (wanted.systems().contains(cases.get(i).kernel().system())) {
        reached += portfolio.tallies().get(i).goal(goal);
      }
    }
    return reached;
  }

  /** Yields all claims; {@code cut} says that time ran out. */
  List<Claim> all(boolean cut) {
    List<Claim> claims = new ArrayList<>();
    own.oracles().forEach(oracle -> claims.add(ofOracle(oracle)));
    claims.add(outcomes());
    for (int goal = 0; goal < scenario.goals().size(); goal++) {
      if (isWanted(portfolio, goal)) {
        claims.add(goal(goal));
      }
    }
    if (limits.mustClose()) {
      claims.add(search());
    }
    claims.add(determinism());
    if (cut) {
      claims.add(cut(summary()));
    }
    return claims;
  }

  private long runs() {
    return searched.tally().runs() + portfolio.runs();
  }

  private Claim ofOracle(String oracle) {
    for (int i = 0; i < explained.findings().size(); i++) {
      Finding finding = explained.findings().get(i);
      if (finding.oracle().equals(oracle)) {
        return found(Claim.Kind.ORACLE, oracle, finding, i == 0);
      }
    }
    long undecided = searched.tally().undecided() + portfolio.tallies().stream().mapToLong(Tally::undecided).sum();
    if (oracle.equals(LINEARIZABILITY) && undecided > 0) {
      return new Claim(Claim.Kind.ORACLE, oracle, Verdict.INCONCLUSIVE,
          String.format(Locale.ROOT, "a history was too hard to judge, in %,d of %,d runs", undecided, runs()),
          example(Optional.empty(), first(Tally::undecidedExample)), Optional.empty());
    }
    return pass(Claim.Kind.ORACLE, oracle);
  }

  /** Yields the first run of the portfolio that {@code example} names on any kernel. */
  private long first(ToLongFunction<Tally> example) {
    return portfolio.tallies().stream().mapToLong(example).min().orElse(Tally.NONE);
  }

  /** The worst finding of a run is the race; what other oracles saw of the same race is said without it. */
  private Claim found(Claim.Kind kind, String name, Finding finding, boolean isWorst) {
    FoundRace race = explained.race().orElseThrow();
    return new Claim(kind, name, Verdict.FINDING, isWorst ? finding.what() : "in the same run: " + finding.what(),
        race.token(), isWorst ? explained.race() : Optional.empty());
  }

  private Claim outcomes() {
    String name = "outcomes";
    for (int i = 0; i < explained.findings().size(); i++) {
      if (explained.findings().get(i).oracle().equals(OUTCOME)) {
        return found(Claim.Kind.OUTCOMES, name, explained.findings().get(i), i == 0);
      }
    }
    for (int outcome = 0; outcome < searched.tally().outcomes(); outcome++) {
      if (scenario.outcomeClass(outcome) == OutcomeClass.UNKNOWN) {
        int unforeseen = outcome;
        long count = searched.tally().outcome(outcome)
            + portfolio.tallies().stream().mapToLong(tally -> tally.outcome(unforeseen)).sum();
        if (count > 0) {
          return inconclusive(name, String.format(Locale.ROOT, "an outcome was not foreseen, in %,d of %,d runs",
              count, runs()), example(searched.examples().get(outcome),
              first(tally -> tally.example(unforeseen))));
        }
      }
    }
    long bounds = searched.tally().bounds() + portfolio.tallies().stream().mapToLong(Tally::bounds).sum();
    if (bounds > 0) {
      return inconclusive(name, String.format(Locale.ROOT, "the bound of %,d steps was reached in %,d of %,d runs",
          scenario.stepsMax(), bounds, runs()), example(searched.boundExample(),
          first(Tally::boundExample)));
    }
    long undecided = searched.tally().undecided() + portfolio.tallies().stream().mapToLong(Tally::undecided).sum();
    if (undecided > 0) {
      return inconclusive(name, String.format(Locale.ROOT, "a history was too hard to judge in %,d of %,d runs",
          undecided, runs()), example(Optional.empty(),
          portfolio.tallies().stream().mapToLong(Tally::undecidedExample).min().orElse(Tally.NONE)));
    }
    return pass(Claim.Kind.OUTCOMES, name);
  }

  private static Claim inconclusive(String name, String message, String token) {
    return new Claim(Claim.Kind.OUTCOMES, name, Verdict.INCONCLUSIVE, message, token, Optional.empty());
  }

  private String example(Optional<Schedule> schedule, long index) {
    return schedule.map(each -> Explained.token(own.subject(), each, model)).filter(token -> !token.isEmpty())
        .or(() -> portfolio.example(index).map(run -> run.token(model).text()))
        .orElse("");
  }

  private Claim goal(int goal) {
    Goal wanted = scenario.goals().get(goal);
    if (reached(searched, portfolio, goal) > 0) {
      return pass(Claim.Kind.GOAL, wanted.name());
    }
    return new Claim(Claim.Kind.GOAL, wanted.name(), Verdict.INCONCLUSIVE,
        String.format(Locale.ROOT, "never reached in %,d runs: %s", runs(), wanted.text()), "", Optional.empty());
  }

  private Claim search() {
    String name = "bound " + limits.bound();
    return searched.closed() >= limits.bound()
        ? pass(Claim.Kind.SEARCH, name)
        : new Claim(Claim.Kind.SEARCH, name, Verdict.INCONCLUSIVE, closed() + remedy(), "", Optional.empty());
  }

  private Claim determinism() {
    Optional<String> token = searched.differed().map(each -> Explained.token(own.subject(), each.schedule(), model))
        .or(() -> portfolio.differed().map(each -> each.run().token(model).text()));
    Optional<Integer> step = searched.differed().map(Search.Differed::step)
        .or(() -> portfolio.differed().map(Portfolio.Differed::step));
    String name = "determinism";
    if (token.isPresent() && step.isPresent()) {
      return new Claim(Claim.Kind.DETERMINISM, name, Verdict.NONDETERMINISM, String.format(Locale.ROOT,
          "a run came out differently when repeated, from step %,d on", step.get()), token.get(), Optional.empty());
    }
    return explained.lost().map(lost -> new Claim(Claim.Kind.DETERMINISM, name, Verdict.NONDETERMINISM,
        "a finding did not show again when its run was repeated", lost, Optional.empty()))
        .orElse(pass(Claim.Kind.DETERMINISM, name));
  }

  /** Yields what lets a search that was cut go on; empty if it ended for another reason. */
  private String remedy() {
    boolean isOnlyCut = searched.found().isEmpty() && searched.differed().isEmpty() && !searched.interrupted()
        && deepening.isCut();
    return isOnlyCut ? String.format(Locale.ROOT, "; a --search-max larger than %d lets it go on",
        deepening.schedulesMax()) : "";
  }

  /** Yields what the search closed, in words. */
  private String closed() {
    String closed = searched.closed() < 0 ? "no bound closed" : String.format(Locale.ROOT,
        "bound %d closed (%,d schedules)", searched.closed(),
        searched.schedules().stream().limit(searched.closed() + 1L).mapToLong(each -> each).sum());
    if (searched.closed() >= limits.bound()) {
      return closed;
    }
    int open = searched.schedules().size() - 1;
    String why = searched.found().isPresent() ? "ended by a finding"
        : searched.differed().isPresent() ? "ended by a run that did not repeat"
        : searched.interrupted() ? "ended with the check"
        : deepening.isCut() ? String.format(Locale.ROOT, "cut at %,d schedules", searched.tally().runs())
        : searched.closed() < open ? "without ways out of a livelock"
        : String.format(Locale.ROOT, "left out: about %,d schedules", deepening.expected());
    return String.format(Locale.ROOT, "%s, bound %d %s", closed, Math.max(open, searched.closed() + 1), why);
  }

  /** Yields what was run and closed, in one line. */
  String summary() {
    long rechecks = searched.tally().rechecks() + portfolio.tallies().stream().mapToLong(Tally::rechecks).sum();
    List<String> kernels = portfolio.cases().stream().map(each -> each.kernel().text()).toList();
    return String.format(Locale.ROOT, "%s; %,d by %s on %s; %,d repeated", closed(), portfolio.runs(),
        String.join(", ", Portfolio.STRATEGIES), String.join(", ", kernels), rechecks);
  }
}
