package io.stalemate.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.stalemate.scenario.token.Deviation;
import io.stalemate.scenario.token.Model;
import io.stalemate.scenario.token.Overrides;
import io.stalemate.scenario.token.ScheduleToken;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;

class ShowDifferenceTest {

  private static final Pattern TOKEN = Pattern.compile("^  (sm1\\S+)$", Pattern.MULTILINE);

  private static final Pattern BOTH = Pattern.compile("both +@(\\d+) +@(\\d+) +(kvm_fault_done: \\S+ \\S+)");
  private static final Pattern NUMBERED = Pattern.compile("^ *(\\d+) ");

  private static String firstToken(String out) {
    Matcher matcher = TOKEN.matcher(out);
    assertThat(matcher.find()).isTrue();
    return matcher.group(1);
  }

  @Test
  void theExitThatWinsIsShownForBothEras() {
    Cli cli = Cli.expect(ExitCode.PASS, "show", "noslot-vs-private", "--era", "v6.8", "--era", "v6.12", "--quiet");
    assertThat(cli.out()).startsWith("noslot-vs-private on kvm-x86 v6.8 and kvm-x86 v6.12, one seed, which draws")
        .contains("first difference: ").containsPattern("exits and results +kvm-x86 v6.8 +kvm-x86 v6.12")
        .containsPattern("(?m)^vcpu0 .* MEMORY_FAULT .*\\*$");
  }

  @Test
  void aTokensScheduleIsShownAgainstAnotherKernel() {
    Cli found = Cli.expect(ExitCode.PASS, "show", "noslot-vs-private", "--era", "v6.8", "--era", "v6.12", "--quiet");
    Cli again = Cli.expect(ExitCode.PASS, "show", firstToken(found.out()), "--against", "v6.12", "--quiet");
    assertThat(again.out()).isEqualTo(found.out());
  }

  @Test
  void theFirstDifferenceHasTheStepsAndTheWordsOfTheInterleavings() {
    String out = Cli.expect(
        ExitCode.PASS, "show", "attr-vs-fault", "--era", "v6.8", "--era", "v6.12", "--wide").out();
    Matcher both = BOTH.matcher(out);
    assertThat(both.find()).isTrue();
    String[] drawings = out.split("(?m)^step ");
    assertThat(drawings).hasSize(3);
    for (int side = 1; side <= 2; side++) {
      List<String> steps = new ArrayList<>();
      String step = "";
      for (String line : drawings[side].lines().toList()) {
        Matcher numbered = NUMBERED.matcher(line);
        step = numbered.find() ? numbered.group(1) : step;
        if (line.contains(both.group(3))) {
          steps.add(step);
        }
      }
      assertThat(steps).contains(both.group(side));
    }
    assertThat(out.substring(0, out.indexOf("exits and results"))).contains("RET_PF_FIXED");
  }

  @Test
  void theSwitchesOfATokenAreMadeOnBothKernels() {
    String token = ScheduleToken.of("noslot-vs-private", Overrides.NONE, Model.builtIn().id(),
        List.of(new Deviation(3, 1))).orElseThrow().text();
    assertThat(Cli.expect(ExitCode.PASS, "show", token, "--against", "v6.8", "--quiet").out())
        .contains(", the same switches at the same steps");
  }

  @Test
  void bothInterleavingsFollowUnlessQuiet() {
    Cli cli = Cli.expect(ExitCode.PASS, "show", "invalid-slot-is-mmio", "--era", "v6.12", "--against", "kvm-x86");
    assertThat(cli.out().lines().filter(line -> line.startsWith("step "))).hasSize(2);
    assertThat(cli.out()).contains("MMIO").contains("kvm-x86 v6.12" + System.lineSeparator());
  }

  @Test
  void asJsonBothSidesHaveTheirResults() {
    JsonNode json = Cli.expect(
        ExitCode.PASS, "show", "invalid-slot-is-mmio", "--era", "v6.2", "--against", "kvm-x86:v6.8", "--json").json();
    assertThat(json.get("kernels").valueStream().map(side -> side.get("era").asString()))
        .containsExactly("v6.2", "v6.8");
    assertThat(json.get("endsDifferently").asBoolean()).isTrue();
    assertThat(json.get("kernels").get(0).get("results").get(0).get("what").asString()).isNotBlank();
  }

  @ParameterizedTest
  @CsvSource(delimiter = '|', textBlock = """
      show noslot-vs-private | show takes a token (which 'run' prints), or a scenario with --era twice
      show noslot-vs-private --era v6.8 --era v6.8 | two different kernels are compared, not kvm-x86 v6.8 with itself
      show noslot-vs-private --era v6.8 --against v6.8 | two different kernels are compared
      show noslot-vs-private --system x86 --against v6.8 | did you mean 'kvm-x86'?
      show noslot-vs-private --era v6.8 | two kernels are compared: give --era twice
      show noslot-vs-private --era v6.8 --against v5.15 | has no kernel 'v5.15'; did you mean 'v6.12'?
      show noslot-vs-private --system kvm-arm64 --against v6.8 | does not run on system 'kvm-arm64'; allowed: kvm-x86
      """)
  void whatIsWrongIsSaid(String line, String message) {
    Cli.refuse(ExitCode.USAGE, message, line.split(" "));
  }
}
