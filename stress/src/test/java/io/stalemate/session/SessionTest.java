package io.stalemate.session;

import static org.assertj.core.api.Assertions.assertThat;

import io.stalemate.actors.Worlds;
import io.stalemate.scenario.file.Catalogue;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class SessionTest {

  private static final long RUNS = 1500;

  private static Session.Result run(Optional<String> race, boolean keepGoing, int workers) {
    Case subject = Case.of(new Catalogue().scenario("yardstick"), true, Optional.empty(), race);
    Session.Plan plan =
        new Session.Plan(subject, "pct2", 11, RUNS, Long.MAX_VALUE, workers, keepGoing);
    try (Worlds worlds = new Worlds(workers)) {
      return new Session(plan).run(worlds);
    }
  }

  /** Everything that a tally tells. */
  private static List<Long> numbers(Tally tally, int goals) {
    List<Long> numbers = new ArrayList<>(
        List.of(tally.runs(), tally.steps(), tally.events(), tally.bounds(), tally.rechecks()));
    for (int outcome = 0; outcome < tally.outcomes(); outcome++) {
      numbers.add(tally.outcome(outcome));
      numbers.add(tally.example(outcome));
    }
    for (int goal = 0; goal < goals; goal++) {
      numbers.add(tally.goal(goal));
    }
    return numbers;
  }

  @Test
  void talliesDoNotDependOnWorkers() {
    int goals = new Catalogue().scenario("yardstick").goals().size();
    List<Long> one = numbers(run(Optional.empty(), false, 1).tally(), goals);
    assertThat(one.getFirst()).isEqualTo(RUNS);
    assertThat(numbers(run(Optional.empty(), false, 2).tally(), goals)).isEqualTo(one);
    assertThat(numbers(run(Optional.empty(), false, 5).tally(), goals)).isEqualTo(one);
  }

  @Test
  void theFirstFindingIsTheFirstOfAllRunsWhateverTheWorkers() {
    Session.Result one = run(Optional.of("no-retry-check"), false, 1);
    Session.Result four = run(Optional.of("no-retry-check"), false, 4);
    assertThat(one.found()).hasSize(1).isEqualTo(four.found());
    assertThat(one.tally().runs()).isEqualTo(one.found().getFirst().index() + 1).isEqualTo(four.tally().runs());
  }

  @Test
  void whoKeepsGoingCountsEveryFinding() {
    Session.Result one = run(Optional.of("no-retry-check"), true, 1);
    Session.Result three = run(Optional.of("no-retry-check"), true, 3);
    assertThat(one.tally().runs()).isEqualTo(RUNS);
    assertThat(one.foundCounts().stream().mapToLong(Long::longValue).sum()).isGreaterThan(1);
    assertThat(three.found()).isEqualTo(one.found());
    assertThat(three.foundCounts()).isEqualTo(one.foundCounts());
    assertThat(one.found().getFirst())
        .isEqualTo(run(Optional.of("no-retry-check"), false, 2).found().getFirst());
  }

  @Test
  void oneRunInTwoHundredAndFiftySixIsRepeated() {
    assertThat(run(Optional.empty(), false, 2).tally().rechecks()).isEqualTo(6);
  }

  @Test
  void aSessionThatWasInterruptedSaysSo() {
    Case subject = Case.of(new Catalogue().scenario("yardstick"), true, Optional.empty(), Optional.empty());
    Session session =
        new Session(new Session.Plan(subject, "rnd", 1, Long.MAX_VALUE, Long.MAX_VALUE, 1, false));
    session.interrupt();
    try (Worlds worlds = new Worlds(1)) {
      Session.Result result = session.run(worlds);
      assertThat(result.interrupted()).isTrue();
      assertThat(result.tally().runs()).isZero();
    }
  }
}
