package io.stalemate.scenario.file;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.stalemate.scenario.Scenario;
import io.stalemate.scenario.SystemUnderTest;
import io.stalemate.scenario.input.Refused;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class CatalogueTest {

  private final Catalogue catalogue = new Catalogue();

  @Test
  void theIndexSaysWhatTheFilesSay() {
    for (Catalogue.Entry entry : catalogue.entries()) {
      Scenario scenario = catalogue.scenario(entry.name());
      String systems = Stream.concat(Stream.of(scenario.system()), scenario.systems().stream()).distinct()
          .map(SystemUnderTest::word).collect(Collectors.joining(" "));
      assertThat(new Catalogue.Entry(scenario.name(), scenario.group(), scenario.title(), systems)).isEqualTo(entry);
    }
  }

  @Test
  void theIndexHasEveryFileButTheTemplate() throws Exception {
    URI index = Catalogue.class.getResource("/io/stalemate/scenario/index.tsv").toURI();
    try (Stream<Path> files = Files.list(Path.of(index).getParent())) {
      List<String> names = files.map(file -> file.getFileName().toString())
          .filter(file -> file.endsWith(ScenarioFile.SUFFIX) && !file.startsWith("template"))
          .map(file -> file.substring(0, file.length() - ScenarioFile.SUFFIX.length())).sorted().toList();
      assertThat(catalogue.names().stream().sorted().toList()).isEqualTo(names).isNotEmpty();
    }
  }

  @Test
  void everyBuiltInScenarioHasGoalsAndGradedOutcomes() {
    for (String name : catalogue.names()) {
      Scenario scenario = catalogue.scenario(name);
      assertThat(scenario.goals()).as(name).isNotEmpty();
      assertThat(scenario.outcomes()).as(name).hasSizeGreaterThanOrEqualTo(2);
      assertThat(scenario.about()).as(name).isNotEmpty();
    }
  }

  @Test
  void everyGroupHasATitleAndEveryScenarioAGroup() {
    assertThat(catalogue.groups()).noneMatch(group -> group.title().isEmpty()).doesNotHaveDuplicates();
    assertThat(catalogue.groups().stream().map(Catalogue.Group::name).toList())
        .containsExactlyInAnyOrderElementsOf(
            catalogue.entries().stream().map(Catalogue.Entry::group).distinct().toList());
    assertThat(catalogue.groupOf("fault-vs-slot-delete")).isEqualTo("memslots");
  }

  @Test
  void theTemplateIsAScenarioThatLoads() {
    Scenario template = ScenarioFile.parse("template", Catalogue.template().getBytes());
    assertThat(template.name()).isEqualTo("my-scenario");
    assertThat(template.oraclesLeftOut()).hasSize(1);
    assertThat(template.vm().allocFailures()).hasSize(1);
  }

  @Test
  void anUnknownNameGetsTheNearest() {
    assertThatThrownBy(() -> catalogue.scenario("fault-vs-invaldate")).isInstanceOf(Refused.class)
        .hasMessage("unknown scenario 'fault-vs-invaldate'; did you mean 'fault-vs-invalidate'?");
  }

  @Test
  void aNameIsNeverAPath() {
    assertThatThrownBy(() -> catalogue.scenario("../scenario/yardstick")).isInstanceOf(Refused.class)
        .hasMessageStartingWith("unknown scenario '../scenario/yardstick'; ");
  }

  @Test
  void theTemplateNamesEveryOracleThatMayBeLeftOut() {
    assertThat(Catalogue.template()).contains(Scenario.ORACLES);
  }
}
