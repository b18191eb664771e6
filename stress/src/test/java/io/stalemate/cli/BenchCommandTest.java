package io.stalemate.cli;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

class BenchCommandTest {

  @Test
  void everyMeasurementTellsItsCostAgainstABareSwitch() {
    JsonNode rows =
        Cli.expect(ExitCode.PASS, "bench", "yardstick", "--for", "30ms", "--json").json().get("measurements");
    // Correct model and mutant under two strategies, then, where there are cores for it, two workers under both.
    assertThat(rows.size()).isEqualTo(Runtime.getRuntime().availableProcessors() > 1 ? 6 : 4);
    assertThat(rows.valueStream()).allMatch(row -> row.get("runs").asLong() > 0
        && row.get("nanosPerBareSwitch").asDouble() > 0 && row.get("switchesPerEvent").asDouble() > 0);
    assertThat(Cli.expect(ExitCode.PASS, "bench", "yardstick", "--for", "30ms").out()).contains("events/s/core");
  }
}
