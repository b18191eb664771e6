package io.stalemate.check;

import static org.assertj.core.api.Assertions.assertThat;

import io.stalemate.actors.Worlds;
import io.stalemate.check.Claim.Kind;
import io.stalemate.scenario.Kernel;
import io.stalemate.scenario.Scenario;
import io.stalemate.scenario.SystemUnderTest;
import io.stalemate.scenario.file.Catalogue;
import io.stalemate.scenario.file.ScenarioFile;
import io.stalemate.scenario.token.Model;
import io.stalemate.scenario.token.Overrides;
import io.stalemate.scenario.token.SeedToken;
import io.stalemate.session.Case;
import io.stalemate.session.Verdict;
import io.stalemate.strategy.Schedule;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import java.util.function.Function;
import org.junit.jupiter.api.Test;

/** Every kind of claim passes on the correct text, and is shown to fail. */
class CheckTest {

  private static final Limits LIMITS = new Limits(2, false, 50, 400, 2_000);
  private static final Limits ONE = new Limits(2, false, 1, 1, 0);
  private static final Target YARDSTICK = builtIn("yardstick");
  private static final String FOUND = "sx1.yardstick,race=no-retry-check.";

  private static Target builtIn(String name) {
    return Target.builtIn(new Catalogue().scenario(name));
  }

  private static Target withRace(String scenario, String race) {
    return new Target(new Catalogue().scenario(scenario), true, Optional.of(race), "");
  }

  /** Scenario zero with something about it changed. */
  private static Target edited(String from, String to) {
    String text = new Catalogue().text("yardstick");
    assertThat(text).contains(from);
    Scenario scenario =
        ScenarioFile.parse("edited.scenario.conf", text.replace(from, to).getBytes(StandardCharsets.UTF_8));
    return Target.ofFile(scenario, " --file edited.scenario.conf");
  }

  private static Plan plan(List<Target> targets, Limits limits, int workers, long nanosMax, PinnedToken... tokens) {
    return new Plan("test", "small", targets, List.of(tokens), limits, "0123456", 7, nanosMax, workers, false);
  }

  private static CheckReport run(Plan plan, Function<BooleanSupplier, CanarySuite> canaries, boolean interrupted) {
    Check check = new Check(plan, Model.builtIn(), canaries);
    try (Worlds worlds = new Worlds(check.worlds())) {
      if (interrupted) {
        check.interrupt();
      }
      return check.run(worlds);
    }
  }

  private static CheckReport run(Plan plan) {
    return run(plan, CanarySuite::planted, false);
  }

  private static CheckReport run(Target target, Limits limits) {
    return run(plan(List.of(target), limits, 1, Long.MAX_VALUE));
  }

  private static Suite suite(CheckReport report, String name) {
    return report.suites().stream().filter(suite -> suite.name().equals(name)).findFirst().orElseThrow();
  }

  private static List<Claim> failed(CheckReport report) {
    return report.suites().stream().flatMap(suite -> suite.claims().stream())
        .filter(claim -> claim.verdict() != Verdict.PASS).toList();
  }

  private static Claim onlyFailure(CheckReport report) {
    assertThat(failed(report)).hasSize(1);
    return failed(report).getFirst();
  }

  private static CheckReport withoutTimes(CheckReport report) {
    List<Suite> suites = report.suites().stream().map(suite -> new Suite(suite.name(), suite.kernel(), suite.title(),
        suite.claims(), suite.summary(), suite.schedules(), 0)).toList();
    return new CheckReport(report.version(), report.model(), report.profile(), report.commit(), report.seed(), suites,
        report.verdict(), report.schedules(), 0, report.skipsInconclusive());
  }

  private static PinnedToken pinned(String line) {
    return new TokenLines(Model.builtIn(), token -> Optional.empty())
        .parse("mine.tokens", line.getBytes(StandardCharsets.UTF_8)).getFirst();
  }

  /** The pinned finding of {@code no-retry-check}: VERDICT:oracle TOKEN HASH. */
  private static String[] knownFinding() {
    PinnedToken token = PinnedTokens.builtIn(Model.builtIn()).getFirst();
    assertThat(token.run().token().text()).startsWith(FOUND);
    return PinnedToken.line(token.verdict(), token.oracle(), token.run().token().text(), token.hash()).split(" ");
  }

  @Test
  void theCorrectTextPasses() {
    CheckReport report = run(YARDSTICK, LIMITS);

    assertThat(failed(report)).isEmpty();
    assertThat(report.verdict()).isEqualTo(Verdict.PASS);
    assertThat(report.suites()).extracting(Suite::name).containsExactly("pinned tokens", "yardstick", "canaries");
    Suite suite = suite(report, "yardstick");
    assertThat(suite.schedules()).isEqualTo(400);
    assertThat(suite.claims()).extracting(Claim::kind).contains(Kind.ORACLE, Kind.OUTCOMES, Kind.GOAL,
        Kind.DETERMINISM).doesNotContain(Kind.SEARCH, Kind.BUDGET);
    assertThat(suite.claims()).extracting(Claim::name).contains("linearizability", "stale-translation")
        .doesNotContain("break-before-make");
    assertThat(suite.summary()).contains("no bound closed, bound 0 cut at 10 schedules",
        "390 by rnd, pct3, fpct4 on yardstick v6.12, yardstick v5.15, yardstick v6.2");
  }

  @Test
  void theReportDoesNotDependOnWorkersNorOnWhatElseIsChecked() {
    List<Target> targets = List.of(YARDSTICK, withRace("fault-vs-invalidate", "retry-check-before-lock"),
        builtIn("attr-vs-fault"));
    CheckReport one = withoutTimes(run(plan(targets, LIMITS, 1, Long.MAX_VALUE)));

    assertThat(one.verdict()).isEqualTo(Verdict.FINDING);
    assertThat(withoutTimes(run(plan(targets, LIMITS, 3, Long.MAX_VALUE)))).isEqualTo(one);
    CheckReport alone = withoutTimes(run(plan(targets.subList(1, 2), LIMITS, 2, Long.MAX_VALUE)));
    assertThat(suite(alone, "fault-vs-invalidate")).isEqualTo(suite(one, "fault-vs-invalidate"));
  }

  @Test
  void theSearchFindsARaceWithItsFewestSwitchesAndEndsTheSuite() {
    CheckReport report = run(withRace("yardstick", "no-retry-check"), new Limits(2, false, 5_000, 9_999, 0));

    Suite suite = suite(report, "yardstick");
    Claim found = suite.claims().getFirst();
    assertThat(report.verdict()).isEqualTo(Verdict.FINDING);
    assertThat(found.kind()).isEqualTo(Kind.ORACLE);
    assertThat(found.name()).isEqualTo("stale-translation");
    assertThat(found.token()).startsWith(FOUND).isEqualTo(found.race().orElseThrow().token());
    assertThat(found.race().orElseThrow().splat()).contains("BUG: stalemate: stale-translation");
    assertThat(suite.schedules()).isLessThan(5_000);
    assertThat(suite.summary()).contains("ended by a finding; 0 by rnd");
    assertThat(suite.claims().stream().filter(claim -> claim.race().isPresent())).hasSize(1);
    assertThat(failed(report)).allMatch(claim -> claim.kind() == Kind.ORACLE || claim.kind() == Kind.GOAL);
    assertThat(suite(report, "canaries").verdict()).isEqualTo(Verdict.PASS);
  }

  @Test
  void thePortfolioFindsWhatTheSearchHadNoTimeFor() {
    CheckReport report = run(withRace("yardstick", "no-retry-check"), new Limits(0, false, 1, 500, 0));

    assertThat(suite(report, "yardstick").claims().getFirst().token()).startsWith(FOUND);
    assertThat(suite(report, "yardstick").summary()).contains("no bound closed, bound 0 cut at 1 schedules");
  }

  @Test
  void aForbiddenOutcomeIsAFindingOfTheTable() {
    CheckReport report = run(edited("\"some faults retried\", class = acceptable",
        "\"some faults retried\", class = forbidden"), LIMITS);

    Claim outcomes = failed(report).stream().filter(claim -> claim.kind() == Kind.OUTCOMES).findFirst().orElseThrow();
    assertThat(outcomes.verdict()).isEqualTo(Verdict.FINDING);
    assertThat(outcomes.message()).isEqualTo("forbidden outcome: some faults retried");
    assertThat(outcomes.race().orElseThrow().replay()).endsWith(" --file edited.scenario.conf");
  }

  @Test
  void anOutcomeThatNobodyForesawIsInconclusiveWithAnExample() {
    CheckReport report = run(edited("\"no retry\", class = acceptable, when = \"count(mmu_invalidate_retry) == 0\"",
        "\"no retry\", class = acceptable, when = \"count(mmu_invalidate_retry) == 77\""), LIMITS);
    assertThat(failed(report)).isEmpty();

    report = run(edited("when = \"count(mmu_invalidate_retry) <= 5\"", "when = \"count(mmu_invalidate_retry) == 3\""),
        LIMITS);
    Claim unforeseen = onlyFailure(report);
    assertThat(unforeseen.kind()).isEqualTo(Kind.OUTCOMES);
    assertThat(unforeseen.verdict()).isEqualTo(Verdict.INCONCLUSIVE);
    assertThat(unforeseen.message()).startsWith("an outcome was not foreseen, in ");
    assertThat(unforeseen.token()).matches("s[mx]1\\.yardstick.*");
  }

  @Test
  void aRunThatIsCutOffIsInconclusive() {
    CheckReport report = run(edited("system = yardstick", "system = yardstick\nbounds { steps = 5 }"), LIMITS);

    Claim cut = failed(report).getFirst();
    assertThat(cut.kind()).isEqualTo(Kind.OUTCOMES);
    assertThat(cut.message()).isEqualTo("the bound of 5 steps was reached in 2,400 of 2,400 runs");
    assertThat(cut.token()).startsWith("sx1.");
  }

  @Test
  void aPinnedRunThatIsCutOffIsNoPass() {
    Target target = edited("system = yardstick", "system = yardstick\nbounds { steps = 5 }");
    Case subject = Case.of(target.scenario(), false, Optional.empty(), Optional.empty());
    String token = new SeedToken("yardstick", subject.overrides(), "rnd", 9, Model.builtIn().id()).text();
    PinnedToken pinned = new TokenLines(Model.builtIn(),
        any -> Optional.of(new TokenLines.Located(target.scenario(), target.fileOption())))
        .parse("mine.tokens", ("PASS " + token).getBytes(StandardCharsets.UTF_8)).getFirst();

    CheckReport report = run(plan(List.of(YARDSTICK), LIMITS, 1, Long.MAX_VALUE, pinned));

    Claim cut = onlyFailure(report);
    assertThat(cut.kind()).isEqualTo(Kind.PINNED);
    assertThat(cut.verdict()).isEqualTo(Verdict.INCONCLUSIVE);
    assertThat(cut.message()).isEqualTo("mine.tokens:1: expected PASS; the run was cut off at its bound on steps");
  }

  @Test
  void aGoalThatIsNeverReachedIsInconclusiveThoughMoreIsSpentOnIt() {
    CheckReport report = run(edited("\"count(mmu_invalidate_retry) >= 1\"", "\"count(mmu_invalidate_retry) >= 99\""),
        LIMITS);

    Claim missed = onlyFailure(report);
    assertThat(missed.kind()).isEqualTo(Kind.GOAL);
    assertThat(missed.verdict()).isEqualTo(Verdict.INCONCLUSIVE);
    assertThat(missed.message()).isEqualTo("never reached in 2,400 runs: count(mmu_invalidate_retry) >= 99");
  }

  @Test
  void aBoundThatMustCloseIsAClaim() {
    Claim closed = suite(run(YARDSTICK, LIMITS.searching(1_000).closing(0)), "yardstick").claims().stream()
        .filter(claim -> claim.kind() == Kind.SEARCH).findFirst().orElseThrow();
    Claim open = onlyFailure(run(YARDSTICK, LIMITS.closing(1)));

    assertThat(closed.verdict()).isEqualTo(Verdict.PASS);
    assertThat(open.kind()).isEqualTo(Kind.SEARCH);
    assertThat(open.verdict()).isEqualTo(Verdict.INCONCLUSIVE);
    assertThat(open.message()).isEqualTo("no bound closed, bound 0 cut at 50 schedules; "
        + "a --search-max larger than 50 lets it go on");
  }

  @Test
  void aBoundThatWillNotCloseIsLeftOutToThePortfolio() {
    Suite small = suite(run(builtIn("pkvm-ffa-vs-hyp"), LIMITS.searching(5_000)), "pkvm-ffa-vs-hyp");
    Suite large = suite(run(builtIn("fault-vs-dirty-log"), LIMITS.searching(1_000)), "fault-vs-dirty-log");

    assertThat(small.summary()).startsWith("bound 2 closed (149 schedules); 251 by ");
    assertThat(large.summary()).matches("bound 1 closed \\(99 schedules\\), bound 2 left out: about \\S+ schedules; "
        + "301 by .*");
    assertThat(small.verdict()).isEqualTo(Verdict.PASS);
  }

  @Test
  void aDefectThatShowsInASuiteIsKeptToIt() {
    Case clean = YARDSTICK.cases().getFirst();
    Kernel foreign = new Kernel(SystemUnderTest.KVM_X86, "v6.12");
    Case impossible = new Case(YARDSTICK.scenario(), foreign, Optional.empty(), true, false, List.of());
    CheckReport report = run(plan(List.of(YARDSTICK), LIMITS, 1, Long.MAX_VALUE),
        stop -> new CanarySuite(impossible, clean, stop, 1), false);

    assertThat(onlyFailure(report).verdict()).isEqualTo(Verdict.ERROR);
    assertThat(onlyFailure(report).message()).startsWith("internal error, please report it: ").doesNotContain("\n");
    assertThat(suite(report, "yardstick").verdict()).isEqualTo(Verdict.PASS);
    assertThat(report.verdict()).isEqualTo(Verdict.ERROR);
  }

  @Test
  void runsThatDoNotRepeatAreNondeterminism() {
    Claim differs = failed(run(withRace("yardstick", "canary-identity-hash"), LIMITS)).stream()
        .filter(claim -> claim.kind() == Kind.DETERMINISM).findFirst().orElseThrow();

    assertThat(differs.verdict()).isEqualTo(Verdict.NONDETERMINISM);
    assertThat(differs.message()).startsWith("a run came out differently when repeated, from step ");
    assertThat(differs.token()).matches("s[mx]1\\.yardstick,race=canary-identity-hash.*");
  }

  @Test
  void pinnedTokensMustComeOutAsWrittenDown() {
    String[] known = knownFinding();
    String clean = known[1];
    CheckReport report = run(plan(List.of(YARDSTICK), LIMITS, 1, Long.MAX_VALUE,
        pinned(String.join(" ", known)),
        pinned("FINDING " + clean),
        pinned("PASS " + clean),
        pinned("FINDING:lockdep " + clean),
        pinned("FINDING:stale-translation " + clean + " hash=0123456789abcdef")));

    List<Claim> claims = suite(report, "pinned tokens").claims();
    assertThat(claims).extracting(Claim::verdict).containsExactly(Verdict.PASS, Verdict.PASS, Verdict.FINDING,
        Verdict.FINDING, Verdict.INCONCLUSIVE);
    assertThat(claims).allMatch(claim -> claim.name().equals(clean) && claim.kind() == Kind.PINNED);
    assertThat(claims.get(2).message())
        .startsWith("mine.tokens:1: expected PASS; FINDING by stale-translation: stage-2 leaf");
    assertThat(claims.get(2).race()).isPresent();
    assertThat(claims.get(3).message()).contains("expected FINDING by lockdep");
    assertThat(claims.get(2).race().orElseThrow().splat()).as("nothing is said twice")
        .contains("schedule (2 switches): ").doesNotContain("\n2 switches\n", "as found");
    assertThat(claims.get(4).message()).isEqualTo("mine.tokens:1: trace hash " + known[2].replace("hash=", "")
        + " instead of 0123456789abcdef: the kernel text has changed since it was pinned; if that is meant, "
        + "pin it again");
    assertThat(report.verdict()).isEqualTo(Verdict.FINDING);
  }

  @Test
  void aPinnedRunThatGoesAnotherWayIsJudgedByItsVerdictFirst() {
    // Nobody has task 9: the switch cannot be followed, and the run is that without it.
    String lost = Explained.token(YARDSTICK.cases().getFirst(), new Schedule(new int[] {3}, new int[] {9}),
        Model.builtIn());
    PinnedToken own = pinned("FINDING " + lost);
    PinnedToken builtIn = new TokenLines(Model.builtIn(), token -> Optional.empty())
        .builtIn("known.tokens", ("PASS " + lost).getBytes(StandardCharsets.UTF_8)).getFirst();

    CheckReport report = run(plan(List.of(YARDSTICK), LIMITS, 1, Long.MAX_VALUE, own, builtIn));

    String how = "1 switch of the schedule could not be followed: the kernel text has changed since it was pinned; "
        + "if that is meant, ";
    assertThat(failed(report)).extracting(Claim::verdict).containsExactly(Verdict.FINDING, Verdict.INCONCLUSIVE);
    assertThat(failed(report)).extracting(Claim::message).containsExactly(
        "mine.tokens:1: expected FINDING; nothing was found; " + how + "pin it again",
        "built-in known.tokens:1: " + how + "write the golden runs anew (README, 'How it is built')");
    assertThat(report.verdict()).isEqualTo(Verdict.FINDING);
  }

  @Test
  void aPinnedRunThatDoesNotRepeatIsNondeterminism() {
    String token = new SeedToken("yardstick", CanarySuite.planted("canary-identity-hash").overrides(), "rnd", 1,
        Model.builtIn().id()).text();

    CheckReport report = run(plan(List.of(), ONE, 1, Long.MAX_VALUE, pinned("PASS " + token)));

    assertThat(onlyFailure(report).verdict()).isEqualTo(Verdict.NONDETERMINISM);
    assertThat(onlyFailure(report).message())
        .isEqualTo("mine.tokens:1: the run came out differently when repeated");
  }

  @Test
  void aFindingThatNoLongerShowsIsNoPass() {
    String clean = new SeedToken("yardstick", Overrides.NONE, "rnd", 1, Model.builtIn().id()).text();
    CheckReport report =
        run(plan(List.of(YARDSTICK), LIMITS, 1, Long.MAX_VALUE, pinned("PASS " + clean), pinned("FINDING " + clean)));

    assertThat(onlyFailure(report).message()).isEqualTo("mine.tokens:1: expected FINDING; nothing was found");
    assertThat(report.verdict()).isEqualTo(Verdict.FINDING);
  }

  @Test
  void aCheckThatDoesNotSeeWhatIsPlantedIsInError() {
    Case clean = YARDSTICK.cases().getFirst();
    CheckReport deaf = run(plan(List.of(), ONE, 1, Long.MAX_VALUE),
        stop -> new CanarySuite(clean, CanarySuite.planted("no-retry-check"), stop, 1_000), false);
    CheckReport blind = run(plan(List.of(), ONE, 1, Long.MAX_VALUE),
        stop -> new CanarySuite(CanarySuite.planted("canary-identity-hash"), clean, stop, 1_000), false);

    for (CheckReport report : List.of(deaf, blind)) {
      assertThat(onlyFailure(report).kind()).isEqualTo(Kind.CANARY);
      assertThat(onlyFailure(report).message()).startsWith("the check is blind: ");
      assertThat(report.verdict()).isEqualTo(Verdict.ERROR);
    }
  }

  @Test
  void whatThereWasNoTimeForIsNoPass() {
    CheckReport report = run(plan(List.of(YARDSTICK), LIMITS, 1, 0, pinned(String.join(" ", knownFinding()))));

    assertThat(onlyFailure(report).kind()).isEqualTo(Kind.BUDGET);
    assertThat(suite(report, "yardstick").claims()).hasSize(1);
    assertThat(suite(report, "yardstick").schedules()).isZero();
    assertThat(suite(report, "pinned tokens").claims()).extracting(Claim::verdict).containsExactly(Verdict.PASS);
    assertThat(report.verdict()).isEqualTo(Verdict.INCONCLUSIVE);
  }

  @Test
  void anInterruptedCheckSaysWhatIsLeftOut() {
    CheckReport report = run(plan(List.of(YARDSTICK), LIMITS, 1, Long.MAX_VALUE,
        pinned(String.join(" ", knownFinding()))), CanarySuite::planted, true);

    assertThat(report.verdict()).isEqualTo(Verdict.INCONCLUSIVE);
    assertThat(failed(report)).extracting(Claim::kind)
        .containsExactly(Kind.BUDGET, Kind.BUDGET, Kind.CANARY, Kind.CANARY);
    assertThat(suite(report, "pinned tokens").summary()).isEqualTo("0 of 1 tokens, each twice");
  }
}
