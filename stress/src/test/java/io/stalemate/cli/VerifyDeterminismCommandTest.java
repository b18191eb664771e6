package io.stalemate.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.stalemate.scenario.file.Catalogue;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

class VerifyDeterminismCommandTest {

  @Test
  void everyScenarioIsTheSameInAnotherJvmInEveryEra() {
    JsonNode verified = Cli.expect(ExitCode.PASS, "verify-determinism", "--seeds", "8",
        "--jvm-options", "-XX:TieredStopAtLevel=1", "--json").json();
    assertThat(verified.get("differences").size()).isZero();
    assertThat(verified.get("answer").asString()).matches("[0-9a-f]{16}");
    Catalogue catalogue = new Catalogue();
    assertThat(verified.get("scenarios").valueStream()
        .map(each -> each.get("name").asString() + " " + each.get("era").asString()))
        .containsExactlyElementsOf(catalogue.names().stream()
            .flatMap(name -> catalogue.scenario(name).kernels().stream().map(kernel -> name + " " + kernel.era()))
            .toList());
  }

  @Test
  void theAnswerIsThatOfTheRunsAlone() {
    List<String> arguments = List.of("verify-determinism", "--digests", "--scenario", "yardstick", "--seeds");
    String ten = digests(arguments, "10");
    assertThat(digests(arguments, "10")).isEqualTo(ten);
    List<String> lines = ten.lines().toList();
    List<String> longer = digests(arguments, "11").lines().toList();
    assertThat(lines).hasSameSizeAs(new Catalogue().scenario("yardstick").vm().eras()).hasSameSizeAs(longer);
    for (int i = 0; i < lines.size(); i++) {
      assertThat(lines.get(i).split("\t")).hasSize(13).startsWith("hashes", "yardstick");
      assertThat(longer.get(i)).startsWith(lines.get(i));
    }
  }

  private static String digests(List<String> arguments, String seeds) {
    List<String> all = new ArrayList<>(arguments);
    all.add(seeds);
    return Cli.expect(ExitCode.PASS, all.toArray(String[]::new)).out();
  }

  @Test
  void plantedNondeterminismIsNamedWithItsToken() {
    Cli verified = Cli.expect(ExitCode.NONDETERMINISM, "verify-determinism", "--scenario", "yardstick", "--race",
        "canary-identity-hash", "--seeds", "50", "--jvm-options", "");
    assertThat(verified.out()).contains("DIFFERENT").contains("differs in this JVM").contains("differs in a JVM with")
        .containsPattern("sm1\\.yardstick,race=canary-identity-hash\\.(rnd|pct3)\\.")
        .contains("verdict NONDETERMINISM");
  }

  @Test
  void aJvmThatDoesNotStartIsTheEnvironmentsFault() {
    Cli.refuse(ExitCode.ENVIRONMENT, "-XX:+NoSuchOption", "verify-determinism", "--scenario", "yardstick", "--seeds",
        "1", "--jvm-options", "-XX:+NoSuchOption");
  }
}
