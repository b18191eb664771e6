package io.stalemate.session;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.stalemate.actors.Worlds;
import io.stalemate.oracle.Ending;
import io.stalemate.scenario.file.Catalogue;
import io.stalemate.scenario.file.ScenarioFile;
import io.stalemate.strategy.BoundedSearch;
import io.stalemate.strategy.Recording;
import io.stalemate.strategy.Replay;
import io.stalemate.strategy.Schedule;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SearchTest {

  private static final BooleanSupplier NEVER = () -> false;

  private final Worlds worlds = new Worlds(1);

  @AfterEach
  void closeWorlds() {
    worlds.close();
  }

  private Runner builtIn(String scenario, String race) {
    return new Runner(worlds, 0, Case.of(new Catalogue().scenario(scenario), true, Optional.empty(),
        race.isEmpty() ? Optional.empty() : Optional.of(race)));
  }

  /** Scenario zero with one fault by each of {@code vcpus} vCPUs and {@code invalidators} invalidators. */
  private Runner small(int vcpus, int invalidators) {
    StringBuilder tasks = new StringBuilder();
    for (int i = 0; i < vcpus; i++) {
      tasks.append("{ name = vcpu" + i + ", kind = vcpu, do = [{ do = yardstick-fault }] }\n");
    }
    for (int i = 0; i < invalidators; i++) {
      tasks.append("{ name = inval" + i + ", kind = notifier, do = [{ do = yardstick-invalidate }] }\n");
    }
    String text = """
        name = small
        title = "Scenario zero with fewer tasks"
        about = "Few enough steps for every schedule."
        system = yardstick
        tasks = [
        %s]
        oracles { without = [{ oracle = break-before-make, why = "no TLBs" }] }
        goals = [{ name = "no fault was retried", when = "count(mmu_invalidate_retry) == 0" }]
        outcomes = [
          { name = "no retry", class = acceptable, when = "count(mmu_invalidate_retry) == 0" }
          { name = "one retry", class = acceptable, when = "count(mmu_invalidate_retry) == 1" }
          { name = "more retries", class = interesting, when = "count(mmu_invalidate_retry) > 1" }
        ]
        """.formatted(tasks);
    return new Runner(worlds, 0,
        Case.of(ScenarioFile.parse("small.scenario.conf", text.getBytes(UTF_8)), false, Optional.empty(),
            Optional.empty()));
  }

  private static Search.Result search(Runner runner, int bound, long schedulesMax) {
    return new Search(runner, new Search.Limits(bound, schedulesMax), NEVER).run();
  }

  private static long sum(List<Long> schedules) {
    return schedules.stream().mapToLong(Long::longValue).sum();
  }

  @Test
  void theCorrectTextIsCleanAndItsBoundIsClosed() {
    Search.Result result = search(small(2, 1), 2, 1_000_000);
    assertThat(result.closed()).isEqualTo(2);
    assertThat(result.found()).isEmpty();
    assertThat(result.differed()).isEmpty();
    assertThat(result.interrupted()).isFalse();
    assertThat(result.tally().bounds()).isZero();
    for (int outcome = 0; outcome < 3; outcome++) {
      assertThat(result.tally().outcome(outcome)).as("outcome %d", outcome).isPositive();
    }
  }

  @Test
  void eachScheduleCountsOnceAtItsNumberOfPreemptions() {
    Runner runner = small(1, 1);
    Search.Result result = search(runner, 3, 1_000_000);
    List<Long> expected = new ArrayList<>(List.of(0L, 0L, 0L, 0L));
    BoundedSearch all = new BoundedSearch(3);
    do {
      runner.run(all, 0);
      expected.set(all.preemptions(), expected.get(all.preemptions()) + 1);
    } while (all.next());
    assertThat(result.schedules()).isEqualTo(expected).doesNotContain(0L);
    assertThat(result.tally().runs()).isEqualTo(sum(expected));
    assertThat(result.closed()).isEqualTo(3);
  }

  @ParameterizedTest
  @CsvSource({"no-retry-check, 1", "no-seq-check, 1", "no-in-progress-check, 1"})
  void knownRacesAreFoundWithTheFewestPreemptions(String race, int preemptions) {
    Runner runner = builtIn("yardstick", race);
    Search.Result result = search(runner, 2, 1_000_000);
    assertThat(result.closed()).isEqualTo(preemptions - 1);
    assertThat(result.schedules()).hasSize(preemptions + 1);
    Recording recording = new Recording(new Replay(result.found().orElseThrow()));
    runner.run(recording, 0);
    assertThat(runner.isFinding()).isTrue();
    assertThat(recording.schedule()).isEqualTo(result.found().orElseThrow());
    assertThat(result.tally().runs()).isEqualTo(sum(result.schedules()));
  }

  @Test
  void theScheduleFoundReplaysToTheTraceThatWasSearched() {
    Runner runner = builtIn("yardstick", "no-retry-check");
    Search.Result result = search(runner, 1, 1_000_000);
    long hash = runner.trace().hash();
    runner.run(new Replay(result.found().orElseThrow()), 0);
    assertThat(runner.trace().hash()).isEqualTo(hash);
  }

  @Test
  void aLimitCutsAndTheBoundIsClosedOnlyIfItWasReachedWithin() {
    Runner runner = small(1, 1);
    List<Long> schedules = search(runner, 2, 1_000_000).schedules();
    long ofOne = schedules.get(0) + schedules.get(1);
    assertThat(search(runner, 1, ofOne).closed()).isEqualTo(1);
    assertThat(search(runner, 1, ofOne - 1).closed()).isZero();
    Search.Result cut = search(runner, 2, ofOne);
    assertThat(cut.closed()).isEqualTo(1);
    assertThat(cut.tally().runs()).isEqualTo(ofOne);
    assertThat(search(runner, 2, 1).closed()).isEqualTo(schedules.getFirst() == 1 ? 0 : -1);
    assertThat(search(runner, 2, 1).tally().runs()).isEqualTo(1);
  }

  @Test
  void aProgramWithoutAnythingToPreemptIsClosedAtAnyBound() {
    Search.Result result = search(small(1, 0), 1_000, 1_000_000);
    assertThat(result.closed()).isEqualTo(1_000);
    assertThat(result.schedules()).containsExactly(1L, 0L);
  }

  @Test
  void theSameCaseAndLimitsGiveTheSameResult() {
    Search.Result one = search(small(2, 1), 2, 3_000);
    Search.Result other = search(small(2, 1), 2, 3_000);
    assertThat(other.schedules()).isEqualTo(one.schedules());
    assertThat(other.examples()).isEqualTo(one.examples());
    assertThat(other.closed()).isEqualTo(one.closed());
    assertThat(List.of(other.tally().steps(), other.tally().events(), other.tally().goal(0)))
        .isEqualTo(List.of(one.tally().steps(), one.tally().events(), one.tally().goal(0)));
  }

  @Test
  void everyOutcomeHasAnExampleThatReplaysToIt() {
    Runner runner = small(2, 1);
    Search.Result result = search(runner, 2, 1_000_000);
    for (int outcome = 0; outcome < result.tally().outcomes(); outcome++) {
      Optional<Schedule> example = result.examples().get(outcome);
      assertThat(example.isPresent()).isEqualTo(result.tally().outcome(outcome) > 0);
      if (example.isPresent()) {
        assertThat(runner.run(new Replay(example.get()), 0)).isEqualTo(Ending.QUIESCENT);
        assertThat(runner.outcome()).isEqualTo(outcome);
      }
    }
  }

  @Test
  void oneRunInTwoHundredAndFiftySixIsRepeated() {
    Search.Result result = search(small(1, 2), 2, 1_000_000);
    // Those of bound 0 are run, but not counted, twice more, and those with one preemption once.
    long runs = sum(result.schedules()) + 2 * result.schedules().get(0) + result.schedules().get(1);
    assertThat(result.tally().rechecks()).isEqualTo((runs + 255) / 256).isGreaterThan(1);
  }

  @Test
  void aRunThatDoesNotRepeatEndsTheSearch() {
    Search.Result result = search(builtIn("yardstick", "canary-identity-hash"), 2, 100_000);
    assertThat(result.differed()).isPresent();
    assertThat(result.closed()).isEqualTo(-1);
    assertThat(result.found()).isEmpty();
  }

  @Test
  void whoIsAskedToStopSaysSo() {
    int[] asked = new int[1];
    Search.Result result =
        new Search(small(2, 1), new Search.Limits(2, 1_000_000), () -> asked[0]++ == 5).run();
    assertThat(result.interrupted()).isTrue();
    assertThat(result.tally().runs()).isEqualTo(5);
    assertThat(result.closed()).isEqualTo(-1);
  }

  @Test
  void limitsThatMakeNoSenseAreRefused() {
    assertThatThrownBy(() -> new Search.Limits(-1, 1)).isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> new Search.Limits(2, 0)).isInstanceOf(IllegalArgumentException.class);
  }
}
