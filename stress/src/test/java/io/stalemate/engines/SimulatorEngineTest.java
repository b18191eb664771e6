package io.stalemate.engines;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.stalemate.actors.Worlds;
import io.stalemate.scenario.file.Catalogue;
import io.stalemate.session.Case;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class SimulatorEngineTest {

  private static Case yardstick(Optional<String> race) {
    return Case.of(new Catalogue().scenario("yardstick"), true, Optional.empty(), race);
  }

  @Test
  void aTurnHasOneExecutionAtLeast() {
    try (Worlds worlds = new Worlds(1)) {
      Engine engine = new SimulatorEngine(worlds, 0, yardstick(Optional.empty()), "rnd");
      Engine.Turn turn = engine.turn(1);
      assertThat(turn.executions()).isEqualTo(1);
      assertThat(turn.nanos()).isPositive();
      assertThat(engine.name()).isEqualTo("stalemate rnd");
    }
  }

  @Test
  void aFindingEndsTheMeasurement() {
    try (Worlds worlds = new Worlds(1)) {
      Engine engine = new SimulatorEngine(worlds, 0, yardstick(Optional.of("no-retry-check")), "rnd");
      assertThatThrownBy(() -> engine.turn(Long.MAX_VALUE))
          .isInstanceOfSatisfying(EngineFailure.class, failure ->
              assertThat(failure.reason()).isEqualTo(EngineFailure.Reason.FINDING))
          .hasMessageContaining("stale").hasMessageContaining("'stalemate run yardstick'");
    }
  }
}
