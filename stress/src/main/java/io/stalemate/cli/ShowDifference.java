package io.stalemate.cli;

import io.stalemate.actors.Worlds;
import io.stalemate.report.Colour;
import io.stalemate.report.Screen;
import io.stalemate.scenario.Kernel;
import io.stalemate.scenario.Scenario;
import io.stalemate.scenario.SystemUnderTest;
import io.stalemate.scenario.Worded;
import io.stalemate.scenario.input.Nearest;
import io.stalemate.scenario.input.Refused;
import io.stalemate.scenario.input.Safe;
import io.stalemate.scenario.token.Model;
import io.stalemate.scenario.token.ScheduleToken;
import io.stalemate.scenario.token.SeedToken;
import io.stalemate.scenario.token.Token;
import io.stalemate.session.Case;
import io.stalemate.session.Explanation;
import io.stalemate.session.Runner;
import io.stalemate.session.Strategies;
import io.stalemate.strategy.Seeded;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalLong;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** What {@code show} does with two kernels. */
final class ShowDifference {

  private static final int SEEDS = 2000;
  /** How many more are tried for one that is easier to read. */
  private static final int SEEDS_MORE = 200;
  private static final long SEED = 0x5eed;
  /** Few switches, which reads well. */
  private static final String STRATEGY = "pct3";
  private static final int BOTH = 2;

  private final GlobalOptions global;
  private final boolean wide;
  private final boolean drift;

  ShowDifference(GlobalOptions global, boolean wide, boolean drift) {
    this.global = global;
    this.wide = wide;
    this.drift = drift;
  }

  /** Shows the difference; yields the exit code. */
  int show(String what, Optional<String> file, Optional<String> system, List<String> eras, Optional<String> against) {
    if (Token.claimed(what)) {
      if (against.isEmpty() || !eras.isEmpty() || system.isPresent()) {
        throw Refused.usage("a token names its kernel; --against alone says the other");
      }
      Recorded recorded = Recorded.read(what, file, drift);
      Case other = other(recorded.subject(), against.get());
      differ(recorded.subject(), other);
      return show(recorded.with(other), recorded);
    }
    List<Case> cases = cases(what, system, eras, against);
    try (Worlds worlds = new Worlds(BOTH)) {
      Runner left = new Runner(worlds, 0, cases.getFirst());
      Runner right = new Runner(worlds, 1, cases.getLast());
      OptionalLong seed = seed(left, right);
      if (seed.isPresent()) {
        return show(
            recorded(cases.getLast(), seed.getAsLong()), recorded(cases.getFirst(), seed.getAsLong()));
      }
    }
    global.out().println(String.format(Locale.ROOT, "%s: %,d schedules end alike on %s and %s",
        cases.getFirst().scenario().name(), SEEDS, cases.getFirst().kernel().text(), cases.getLast().kernel().text()));
    return ExitCode.PASS;
  }

  /**
   * Yields the first seed whose runs part within one fault, which leads to other exits; if none of the next does, the
   * first whose runs end differently.
   */
  private static OptionalLong seed(Runner left, Runner right) {
    OptionalLong first = OptionalLong.empty();
    int end = SEEDS;
    for (int i = 0; i < end; i++) {
      long seed = Seeded.derive(SEED, i);
      left.run(Strategies.of(STRATEGY, left.stepsExpected()), seed);
      right.run(Strategies.of(STRATEGY, right.stepsExpected()), seed);
      RunFacts ours = RunFacts.of(left);
      RunFacts theirs = RunFacts.of(right);
      if (ours.hasOtherResults(theirs) && Differing.isWithinAFault(ours, theirs)) {
        return OptionalLong.of(seed);
      }
      if (first.isEmpty() && ours.endsDifferently(theirs)) {
        first = OptionalLong.of(seed);
        end = Math.min(end, i + 1 + SEEDS_MORE);
      }
    }
    return first;
  }

  private static Recorded recorded(Case subject, long seed) {
    return new Recorded(subject, new SeedToken(
        subject.scenario().name(), subject.overrides(), STRATEGY, seed, Model.builtIn().id()), Optional.empty());
  }

  private static List<Case> cases(
      String scenario, Optional<String> system, List<String> eras, Optional<String> against) {
    List<Case> cases = new ArrayList<>();
    if (eras.isEmpty()) {
      cases.add(Subject.of(scenario, system, Optional.empty(), Optional.empty()));
    }
    eras.forEach(era -> cases.add(Subject.of(scenario, system, Optional.of(era), Optional.empty())));
    against.ifPresent(text -> cases.add(other(cases.getFirst(), text)));
    if (cases.size() != BOTH) {
      throw Refused.usage("two kernels are compared: give --era twice, or --era once and --against");
    }
    differ(cases.getFirst(), cases.getLast());
    return cases;
  }

  private static void differ(Case left, Case right) {
    if (left.kernel().equals(right.kernel())) {
      throw Refused.usage("two different kernels are compared, not " + left.kernel().text() + " with itself");
    }
  }

  /** Yields {@code subject} on the kernel that {@code text} names. */
  private static Case other(Case subject, String text) {
    Scenario scenario = subject.scenario();
    List<Kernel> known = scenario.kernels();
    for (SystemUnderTest each : scenario.systems()) {
      if (text.equals(each.word())) {
        return with(subject, scenario.kernel(each));
      }
    }
    for (Kernel kernel : known) {
      boolean sameSystem = kernel.system() == subject.kernel().system();
      boolean elsewhere = scenario.kernels(subject.kernel().system()).stream()
          .noneMatch(each -> each.era().equals(text));
      if (text.equals(kernel.system().word() + ":" + kernel.era())
          || (text.equals(kernel.era()) && (sameSystem || elsewhere))) {
        return with(subject, kernel);
      }
    }
    List<String> names = new ArrayList<>(known.stream().map(Kernel::era).distinct().toList());
    names.addAll(Worded.words(scenario.systems().toArray(Worded[]::new)));
    throw Refused.usage("scenario " + scenario.name() + " has no kernel " + Safe.quote(text) + "; "
        + Nearest.hint(text, names));
  }

  private static Case with(Case subject, Kernel kernel) {
    return Case.of(subject.scenario(), subject.isBuiltIn(), kernel, subject.race().map(race -> race.card().name()))
        .withPlainAccessesAsChoices(subject.plainAccessesAreChoices());
  }

  private int show(Recorded right, Recorded left) {
    RunFacts ours;
    RunFacts theirs;
    List<String> drawings = new ArrayList<>();
    try (Worlds worlds = new Worlds(BOTH)) {
      ours = run(worlds, 0, left, drawings);
      theirs = run(worlds, 1, right, drawings);
    }
    if (global.json()) {
      printJson(left, ours, right, theirs);
      return ExitCode.PASS;
    }
    String head = left.subject().scenario().name() + " on " + ours.kernel().text() + " and "
        + theirs.kernel().text() + ", " + sameness(left.token());
    new Screen(Screen.WIDTH, false, new Colour(false)).wrap(head, "    ").forEach(global.out()::println);
    global.out().println("  " + left.token().text());
    global.out().println("  " + right.token().text());
    global.out().println();
    Differing.lines(ours, theirs).forEach(global.out()::println);
    if (!global.quiet()) {
      drawings.forEach(drawing -> {
        global.out().println();
        global.out().print(drawing);
      });
    }
    global.out().flush();
    return ExitCode.PASS;
  }

  /** What the two runs have in common. */
  private static String sameness(Token token) {
    return switch (token) {
      case SeedToken _ -> "one seed, which draws another schedule on each";
      case ScheduleToken _ -> "the same switches at the same steps";
    };
  }

  private RunFacts run(Worlds worlds, int world, Recorded recorded, List<String> drawings) {
    Runner runner = new Runner(worlds, world, recorded.subject());
    Explanation explanation = Explanation.asIs(runner, recorded.strategy(runner), recorded.seed());
    drawings.add(recorded.subject().kernel().text() + System.lineSeparator()
        + new Drawing(global, runner, explanation).columns(wide, "trace hash "
            + RunReport.hex(explanation.traceHash())));
    return RunFacts.of(runner);
  }

  private void printJson(Recorded left, RunFacts ours, Recorded right, RunFacts theirs) {
    Json json = new Json();
    ObjectNode document = json.document("show").put("scenario", left.subject().scenario().name());
    ArrayNode kernels = document.putArray("kernels");
    side(kernels.addObject(), left, ours);
    side(kernels.addObject(), right, theirs);
    document.put("endsDifferently", ours.endsDifferently(theirs));
    ArrayNode text = document.putArray("difference");
    Differing.lines(ours, theirs).forEach(text::add);
    global.out().println(json.text(document));
  }

  private static void side(ObjectNode node, Recorded recorded, RunFacts facts) {
    node.put("system", facts.kernel().system().word())
        .put("era", facts.kernel().era())
        .put("token", recorded.token().text())
        .put("outcome", facts.outcome());
    ArrayNode results = node.putArray("results");
    facts.results().forEach(result -> results.addObject().put("what", result.what()).put("text", result.text()));
  }
}
