package io.stalemate.check;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.stalemate.actors.Worlds;
import io.stalemate.check.FoundRace.Lock;
import io.stalemate.check.FoundRace.Place;
import io.stalemate.check.FoundRace.Step;
import io.stalemate.oracle.Evidence;
import io.stalemate.oracle.Finding;
import io.stalemate.oracle.Severity;
import io.stalemate.scenario.file.Catalogue;
import io.stalemate.scenario.token.Model;
import io.stalemate.session.Case;
import io.stalemate.session.Explanation;
import io.stalemate.session.Frame;
import io.stalemate.session.Runner;
import io.stalemate.session.Strategies;
import io.stalemate.strategy.Seeded;
import io.stalemate.strategy.Strategy;
import io.stalemate.trace.ObjectKind;
import io.stalemate.trace.Op;
import io.stalemate.trace.Trace;
import io.stalemate.trace.TraceLines;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class FoundRacesTest {

  private static final String AS_FOUND = "sm1.as.found";

  private static FoundRace found(String scenario, String race) {
    try (Worlds worlds = new Worlds(1)) {
      return found(new Runner(worlds, 0,
          Case.of(new Catalogue().scenario(scenario), true, Optional.empty(), Optional.of(race))));
    }
  }

  private static FoundRace found(Runner runner) {
    Strategy walk = Strategies.of("rnd", runner.stepsExpected());
    for (int index = 0; index < 500; index++) {
      long seed = Seeded.derive(0x5eed, index);
      runner.run(walk, seed);
      if (runner.isFinding()) {
        Explanation explanation = Explanation.shortened(runner, walk, seed);
        return FoundRaces.of(runner, explanation, Model.builtIn(), AS_FOUND, " --file x.scenario.conf");
      }
    }
    throw new AssertionError("nothing was found");
  }

  @Test
  void aRaceIsToldWithTokenCommandSplatAndPlace() {
    FoundRace race = found("yardstick", "no-retry-check");

    assertThat(race.oracle()).isEqualTo("stale-translation");
    assertThat(race.signature()).startsWith("stale-translation ");
    assertThat(race.token()).startsWith("sx1.yardstick,race=no-retry-check.");
    assertThat(race.replay()).isEqualTo("stalemate replay " + race.token() + " --file x.scenario.conf");
    assertThat(race.splat()).matches("[\\p{ASCII}]*").doesNotContain("\u001b")
        .contains("BUG: stalemate: stale-translation in user_mem_abort", race.replay(), AS_FOUND);
    assertThat(race.place()).contains(new Place("user_mem_abort", "arch/arm64/kvm/mmu.c"));
    assertThat(race.stepsLeftOut()).isZero();
  }

  @Test
  void theStepsAreTheWholeScheduleWithStacksAndRoles() {
    List<Step> steps = found("fault-vs-invalidate", "no-retry-check").steps();

    assertThat(steps).extracting(Step::step).isSorted();
    assertThat(steps).filteredOn(step -> !step.role().isEmpty()).hasSizeGreaterThanOrEqualTo(2)
        .allMatch(step -> !step.task().isEmpty());
    assertThat(steps).filteredOn(step -> step.task().startsWith("vcpu") && step.place().isPresent())
        .anyMatch(step -> step.place().get().equals(new Place("user_mem_abort", "arch/arm64/kvm/mmu.c")));
    assertThat(steps).allMatch(step -> step.place().map(Place::function)
        .equals(step.functions().stream().findFirst()));
    assertThat(steps).filteredOn(step -> step.task().startsWith("vcpu"))
        .noneMatch(step -> step.functions().contains("kvm_mmu_notifier_invalidate_range_start"));
    for (int i = 1; i < steps.size(); i++) {
      assertThat(steps.get(i).switched()).isEqualTo(!steps.get(i).task().equals(steps.get(i - 1).task()));
    }
    assertThat(steps).filteredOn(step -> step.operation().startsWith("write_lock"))
        .isNotEmpty().extracting(Step::lock).containsOnly(Lock.ACQUIRE);
  }

  @Test
  void whoeverIsFoundBlockedByAnotherHasNoStackOfTheirs() {
    try (Worlds worlds = new Worlds(1)) {
      Runner runner = new Runner(worlds, 0,
          Case.of(new Catalogue().scenario("yardstick"), true, Optional.empty(), Optional.empty()));
      Explanation run = Explanation.asIs(runner, Strategies.of("rnd", runner.stepsExpected()), 1);
      List<Integer> blocked = IntStream.range(0, runner.trace().size())
          .filter(event -> runner.trace().op(event) == Op.BLOCKED
              && runner.trace().taskName(runner.trace().task(event)).startsWith("vcpu")).boxed().toList();

      Map<Integer, List<Frame>> frames = run.frames(runner, blocked);

      assertThat(frames).isNotEmpty().hasSizeLessThan(blocked.size());
      assertThat(frames.values().stream().flatMap(List::stream))
          .containsOnly(new Frame("user_mem_abort", "arch/arm64/kvm/mmu.c"));
    }
  }

  @Test
  void theSameFindingIsAlwaysToldAlike() {
    assertThat(found("yardstick", "no-retry-check")).isEqualTo(found("yardstick", "no-retry-check"));
  }

  @Test
  void longSchedulesKeepWhatTheFindingNamesAndSayWhatTheyLack() {
    Trace trace = new Trace();
    trace.tasks().add("vcpu0");
    int word = trace.objects().add(ObjectKind.WORD, "word");
    for (int i = 0; i < 5000; i++) {
      trace.append(Op.READ_ONCE.ordinal(), 0, word, i, 0, 0, 0);
    }
    Finding finding = new Finding("o", Severity.RULE, "w", "r",
        List.of(new Evidence(3, "early"), new Evidence(4500, "late")), List.of());

    FoundSteps steps = FoundSteps.of(trace, finding);

    assertThat(steps.events()).hasSize(FoundSteps.EVENTS_MAX + 1).startsWith(3, 2501).endsWith(4500);
    assertThat(steps.leftOut()).isEqualTo(5000 - FoundSteps.EVENTS_MAX - 1);
    assertThat(steps.withStacks(new TraceLines(trace), finding, Map.of()))
        .filteredOn(step -> !step.role().isEmpty()).extracting(Step::step).containsExactly(3, 4500);
  }

  @Test
  void aRunWithoutAFindingIsRefused() {
    try (Worlds worlds = new Worlds(1)) {
      Runner runner = new Runner(worlds, 0,
          Case.of(new Catalogue().scenario("yardstick"), true, Optional.empty(), Optional.empty()));
      Explanation nothing = Explanation.asIs(runner, Strategies.of("rnd", runner.stepsExpected()), 1);

      assertThatIllegalArgumentException()
          .isThrownBy(() -> FoundRaces.of(runner, nothing, Model.builtIn(), AS_FOUND, ""));
    }
  }
}
