package io.stalemate.junit;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Schedules that once mattered, pasted as users paste theirs. They are of the model of their day: scenario zero's text
 * has not changed since, so that they mean the same.
 */
class KnownSchedulesTest {

  /** The schedule that shows every race of scenario zero's retry check, on the correct text. */
  @StalemateTest(value = "sx1.yardstick.f091f6a.0cg0.56k", allowModelDrift = true)
  void aFaultThatSampledBeforeAnInvalidationTriesAgain(Replayed replayed) {
    assertThat(replayed.outcome()).isEqualTo("some faults retried");
  }

  @StalemateTest(value = "sx1.yardstick,race=no-retry-check.f091f6a.0cg0.5h2",
      expect = StalemateTest.Expect.FINDING, oracle = "stale-translation", allowModelDrift = true)
  void theFirstRaceOfTheReadmeShows() {}
}
