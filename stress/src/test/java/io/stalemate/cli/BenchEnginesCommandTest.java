package io.stalemate.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

class BenchEnginesCommandTest {

  @Test
  void allEnginesAreMeasuredAndTheVerdictSaysWhetherThePromiseHolds() {
    Cli cli = Cli.run("bench", "engines", "--for", "100ms", "--json");
    assertThat(cli.err()).isEmpty();
    JsonNode document = cli.json();
    List<JsonNode> rows = document.get("measurements").valueStream().toList();
    assertThat(rows.stream().map(row -> row.get("engine").asString()).toList())
        .isEqualTo(List.of("lincheck", "lincheck 1 cpu", "stalemate pct3", "stalemate rnd"));
    // Ten turns of each count, and a turn has one execution at least.
    assertThat(rows).allMatch(row -> row.get("executions").asLong() >= 10
        && row.get("executionsPerSecond").asDouble() > 0);
    List<JsonNode> promises = document.get("ratios").valueStream().toList();
    assertThat(promises.stream().map(ratio -> ratio.get("promised").asInt()).toList())
        .isEqualTo(List.of(100, 100, 15, 15));
    boolean holds = promises.stream().allMatch(ratio -> ratio.get("times").asDouble() >= ratio.get("promised").asInt());
    assertThat(cli.code()).isEqualTo(holds ? ExitCode.PASS : ExitCode.INCONCLUSIVE);
    assertThat(document.get("exitCode").asInt()).isEqualTo(cli.code());
  }

  @Test
  void whatCannotBeMeantIsRefused() {
    Cli.refuse(ExitCode.USAGE, "duration 'fast'", "bench", "engines", "--for", "fast");
    Cli.refuse(ExitCode.USAGE, "options go after 'engines'", "bench", "--for", "1s", "engines");
    Cli.refuse(ExitCode.USAGE, "its scenario is yardstick", "bench", "attr-vs-fault", "engines");
  }
}
