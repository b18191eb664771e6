package io.stalemate.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.stalemate.race.Races;
import io.stalemate.scenario.file.Catalogue;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;

class ListCommandTest {

  @ParameterizedTest
  @CsvSource({"scenarios, yardstick", "races, no-retry-check", "strategies, fpct<d>", "oracles, stale-translation"})
  void eachKindIsListedAsTableAndAsJson(String what, String known) {
    assertThat(Cli.expect(ExitCode.PASS, "list", what).out().lines()).anyMatch(line -> line.startsWith(known));
    JsonNode rows = Cli.expect(ExitCode.PASS, "list", what, "--json").json().get(what);
    assertThat(rows.valueStream().map(row -> row.get("name").asString())).contains(known);
  }

  @Test
  void withoutAKindEverythingIsListed() {
    JsonNode all = Cli.expect(ExitCode.PASS, "list", "--json").json();
    assertThat(all.get("scenarios").size()).isEqualTo(new Catalogue().names().size());
    assertThat(all.get("races").size()).isEqualTo(Races.all().size());
    assertThat(all.get("strategies").size()).isPositive();
    assertThat(all.get("oracles").size()).isPositive();
    assertThat(Cli.expect(ExitCode.PASS, "list").out()).contains("yardstick").contains("no-retry-check")
        .contains("lockdep").contains("random");
  }

  @Test
  void anUnknownKindIsRefused() {
    Cli.refuse(ExitCode.USAGE, "whales", "list", "whales");
  }
}
