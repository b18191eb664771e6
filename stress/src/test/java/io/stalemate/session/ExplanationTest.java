package io.stalemate.session;

import static org.assertj.core.api.Assertions.assertThat;

import io.stalemate.actors.Worlds;
import io.stalemate.scenario.file.Catalogue;
import io.stalemate.strategy.Replay;
import io.stalemate.strategy.Schedule;
import io.stalemate.strategy.Seeded;
import io.stalemate.strategy.Strategy;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class ExplanationTest {

  private static final long SEED = 0x5eed;
  private static final int READABLE = 4;

  /** A finding as found and as explained; both from one runner, which still has the explained run's trace. */
  private record Explained(Runner runner, Signature asFound, Explanation explanation) {

    Schedule schedule() {
      return explanation.recording().schedule();
    }
  }

  private static Explained explained(Worlds worlds, int world, String scenario, String race) {
    Case subject = Case.of(new Catalogue().scenario(scenario), true, Optional.empty(), Optional.of(race));
    Runner runner = new Runner(worlds, world, subject);
    Strategy walk = Strategies.of("rnd", runner.stepsExpected());
    for (int index = 0; index < 500; index++) {
      long seed = Seeded.derive(SEED, index);
      runner.run(walk, seed);
      if (runner.isFinding()) {
        Signature asFound = Signature.of(runner.findings().getFirst(), runner.trace());
        return new Explained(runner, asFound, Explanation.shortened(runner, walk, seed));
      }
    }
    throw new AssertionError(race + " was not found in " + scenario);
  }

  private static Explained explained(String scenario, String race) {
    try (Worlds worlds = new Worlds(1)) {
      return explained(worlds, 0, scenario, race);
    }
  }

  @Test
  void aScheduleThatShortensWellIsKept() {
    Explained found = explained("yardstick", "no-retry-check");
    assertThat(found.explanation().replaced()).isFalse();
    assertThat(found.schedule().size()).isEqualTo(2).isLessThan(found.explanation().switchesBefore());
  }

  @Test
  void aScheduleThatStaysLongGivesWayToAShortOneWithTheSameFinding() {
    try (Worlds worlds = new Worlds(1)) {
      Explained found = explained(worlds, 0, "attr-vs-fault", "private-check-before-seq");
      assertThat(found.explanation().replaced()).isTrue();
      assertThat(found.schedule().size()).isLessThanOrEqualTo(READABLE);
      found.runner().run(new Replay(found.schedule()), 0);
      assertThat(found.asFound().isOfLastRun(found.runner())).isTrue();
      assertThat(found.runner().trace().hash()).isEqualTo(found.explanation().traceHash());
    }
  }

  @Test
  void noSwitchOfEitherIsNeedless() {
    for (String[] each : new String[][] {
        {"yardstick", "no-retry-check"}, {"attr-vs-fault", "private-check-before-seq"}}) {
      try (Worlds worlds = new Worlds(1)) {
        Explained found = explained(worlds, 0, each[0], each[1]);
        Schedule schedule = found.schedule();
        assertThat(schedule.size()).isPositive();
        for (int i = 0; i < schedule.size(); i++) {
          found.runner().run(new Replay(schedule.without(i)), 0);
          assertThat(found.asFound().isOfLastRun(found.runner())).as("%s without switch %d", each[1], i).isFalse();
        }
      }
    }
  }

  @Test
  void theSameFindingIsAlwaysExplainedAlike() {
    Explained first = explained("attr-vs-fault", "private-check-before-seq");
    try (Worlds worlds = new Worlds(3)) {
      for (int world = 0; world < 3; world++) {
        Explained again = explained(worlds, world, "attr-vs-fault", "private-check-before-seq");
        assertThat(again.schedule()).isEqualTo(first.schedule());
        assertThat(again.explanation().traceHash()).isEqualTo(first.explanation().traceHash());
        assertThat(again.explanation().findings()).isEqualTo(first.explanation().findings());
      }
    }
  }
}
