package io.stalemate.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.stalemate.race.Race;
import io.stalemate.race.Races;
import io.stalemate.report.Screen;
import io.stalemate.scenario.file.Catalogue;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;

class ListCommandTest {

  private final Catalogue catalogue = new Catalogue();

  @ParameterizedTest
  @CsvSource({"scenarios, yardstick", "races, no-retry-check", "strategies, fpct<d>", "oracles, stale-translation"})
  void eachKindIsListedAsTableAndAsJson(String what, String known) {
    assertThat(Cli.expect(ExitCode.PASS, "list", what).out().lines()).anyMatch(line -> line.strip().startsWith(known));
    JsonNode rows = Cli.expect(ExitCode.PASS, "list", what, "--json").json().get(what);
    assertThat(rows.valueStream().map(row -> row.get("name").asString())).contains(known);
  }

  @Test
  void withoutAKindEverythingIsListed() {
    JsonNode all = Cli.expect(ExitCode.PASS, "list", "--json").json();
    assertThat(all.get("scenarios").size()).isEqualTo(catalogue.names().size());
    assertThat(all.get("groups").size()).isEqualTo(catalogue.groups().size());
    assertThat(all.get("races").size()).isEqualTo(Races.all().size());
    assertThat(all.get("strategies").size()).isPositive();
    assertThat(all.get("oracles").size()).isPositive();
    assertThat(Cli.expect(ExitCode.PASS, "list").out()).contains("yardstick").contains("no-retry-check")
        .contains("lockdep").contains("random");
  }

  @Test
  void scenariosStandBelowTheHeadingOfTheirGroup() {
    List<String> lines = Cli.expect(ExitCode.PASS, "list", "scenarios").out().lines().toList();
    String heading = "";
    int seen = 0;
    for (String line : lines) {
      String first = line.strip().split(" ")[0];
      if (!line.isEmpty() && !line.startsWith(" ")) {
        heading = first;
      } else if (catalogue.has(first)) {
        assertThat(catalogue.groupOf(first)).as(line).isEqualTo(heading);
        seen++;
      }
    }
    assertThat(seen).isEqualTo(catalogue.names().size());
    for (Catalogue.Group group : catalogue.groups()) {
      assertThat(lines).contains(group.name() + " - " + group.title());
    }
  }

  @Test
  void racesStandWithTheScenarioThatExposesThemFirst() {
    List<String> lines = Cli.expect(ExitCode.PASS, "list", "races").out().lines().toList();
    for (Race race : Races.all()) {
      Race.Card card = race.card();
      int at = lines.indexOf(lines.stream()
          .filter(line -> line.startsWith("  " + card.name() + " ")).findFirst().orElseThrow());
      assertThat(lines.get(at)).contains(card.oracle()).contains(String.join(" ", card.eras()));
      assertThat(lines.subList(0, at).stream()
          .filter(line -> !line.isEmpty() && !line.startsWith(" ")).toList().getLast())
          .startsWith(catalogue.groupOf(card.scenarios().getFirst()) + " - ");
    }
  }

  @ParameterizedTest
  @CsvSource({"gmem-binding-unchecked, kvm-x86", "attributes-end-before-store, kvm-x86",
      "mmio-guard-note-lost, kvm-arm64", "slot-deleted-without-zap, kvm-arm64 kvm-x86"})
  void aRaceIsListedForTheSystemsOfItsScenariosAlone(String name, String systems) {
    JsonNode races = Cli.expect(ExitCode.PASS, "list", "races", "--json").json().get("races");
    assertThat(races.valueStream().filter(row -> row.get("name").asString().equals(name))
        .map(row -> row.get("system").asString())).containsExactly(systems);
  }

  @Test
  void theKindsOfAGroupsRacesStandInOneColumn() {
    List<String> lines = Cli.expect(ExitCode.PASS, "list", "races").out().lines().toList();
    Map<String, Integer> columns = new TreeMap<>();
    for (Race race : Races.all()) {
      Race.Card card = race.card();
      String line = lines.stream().filter(each -> each.startsWith("  " + card.name() + " ")).findFirst().orElseThrow();
      int column = line.indexOf(" " + card.kind().name().toLowerCase(Locale.ROOT) + " ");
      assertThat(column).as(line)
          .isEqualTo(columns.computeIfAbsent(catalogue.groupOf(card.scenarios().getFirst()), group -> column));
    }
  }

  @Test
  void theHeadOfTheRacesSaysWhichEraIsTaken() {
    assertThat(Cli.expect(ExitCode.PASS, "list", "races").out().lines().limit(2))
        .anyMatch(line -> line.contains("without --era"));
  }

  @Test
  void systemAndGroupChooseAmongScenariosAndRaces() {
    JsonNode chosen =
        Cli.expect(ExitCode.PASS, "list", "--system", "kvm-x86", "--group", "private-memory", "--json").json();
    assertThat(chosen.has("oracles")).isFalse();
    assertThat(chosen.get("scenarios").valueStream().map(row -> row.get("name").asString())).containsExactlyElementsOf(
        catalogue.entries().stream().filter(entry -> entry.group().equals("private-memory")
            && entry.systems().contains("kvm-x86")).map(Catalogue.Entry::name).toList()).contains("noslot-vs-private");
    assertThat(chosen.get("races").valueStream()).isNotEmpty().allMatch(
        row -> row.get("part").asString().equals("private-memory") && row.get("system").asString().contains("kvm-x86"));
    assertThat(Cli.expect(ExitCode.PASS, "list", "races", "--system", "pkvm").out()).doesNotContain("attr-vs-fault");
    Cli.refuse(ExitCode.USAGE, "did you mean 'kvm-x86'?", "list", "scenarios", "--system", "x86");
    Cli.refuse(ExitCode.USAGE, "unknown group 'whales'", "list", "races", "--group", "whales");
    Cli.refuse(ExitCode.USAGE, "choose among scenarios and races", "list", "oracles", "--system", "kvm-x86");
  }

  @Test
  void nothingIsWiderThanAScreen() {
    assertThat(Cli.expect(ExitCode.PASS, "list").out().lines()).allMatch(line -> line.length() <= Screen.WIDTH);
  }

  @Test
  void anUnknownKindIsRefused() {
    Cli.refuse(ExitCode.USAGE, "whales", "list", "whales");
    Cli.refuse(ExitCode.USAGE, "slot", "list", "races", "slot");
  }
}
