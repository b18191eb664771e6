package io.stalemate.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;

class CompareCommandTest {

  private static final Pattern EXAMPLE = Pattern.compile("kvm-x86 v6\\.8 +stalemate show (\\S+)");

  @TempDir
  private Path folder;

  private static String[] few(String... args) {
    String[] all = java.util.Arrays.copyOf(args, args.length + 4);
    System.arraycopy(new String[] {"--runs", "60", "--workers", "1"}, 0, all, args.length, 4);
    return all;
  }

  @Test
  void anInvalidSlotIsMmioOnOneArchitectureAndARetryOnTheOther() {
    Cli cli = Cli.expect(ExitCode.PASS, few("compare", "invalid-slot-is-mmio"));
    assertThat(cli.out().lines().filter(line -> line.contains("*")).map(line -> line.replaceAll(" +", " "))).anyMatch(
        line -> line.matches("memory was a device for a moment \\* \\S+% \\S+% \\S+% - - interesting"));
    assertThat(cli.out()).containsPattern("kvm-arm64 +kvm-arm64 +kvm-arm64 +kvm-x86 +kvm-x86")
        .contains("* not on every kernel").endsWith("verdict PASS" + System.lineSeparator());
    Matcher example = EXAMPLE.matcher(cli.out());
    assertThat(example.find()).isTrue();
    assertThat(Cli.expect(ExitCode.PASS, "replay", example.group(1)).out()).contains("kvm-x86 v6.8");
  }

  @Test
  void asJsonTheRowsHaveACountForEachKernel() {
    JsonNode json = Cli.expect(ExitCode.PASS, few("compare", "invalid-slot-is-mmio", "--json")).json();
    assertThat(json.get("kernels").valueStream().map(kernel -> kernel.get("system").asString() + " "
        + kernel.get("era").asString())).containsExactly("kvm-arm64 v5.15", "kvm-arm64 v6.2", "kvm-arm64 v6.12",
            "kvm-x86 v6.8", "kvm-x86 v6.12");
    long[] totals = new long[5];
    for (JsonNode row : json.get("outcomes")) {
      for (int i = 0; i < totals.length; i++) {
        totals[i] += row.get("counts").get(i).asLong();
      }
    }
    assertThat(totals).containsOnly(60);
    assertThat(json.get("exitCode").asInt()).isZero();
  }

  @Test
  void onlyTheKernelsAskedForAreRun() {
    JsonNode json = Cli.expect(ExitCode.PASS,
        few("compare", "two-vcpus-one-page", "--systems", "kvm-x86", "--eras", "v5.15,v6.12", "--json")).json();
    assertThat(json.get("kernels")).hasSize(1);
    assertThat(json.get("kernels").get(0).get("era").asString()).isEqualTo("v6.12");
  }

  @Test
  void kernelsMayBeAskedForAsOtherCommandsAsk() {
    JsonNode json = Cli.expect(ExitCode.PASS,
        few("compare", "two-vcpus-one-page", "--system", "kvm-x86", "--era", "v6.8", "--json")).json();
    assertThat(json.get("kernels").valueStream().map(kernel -> kernel.get("era").asString())).containsExactly("v6.8");
  }

  @Test
  void aFindingOnOneKernelIsAFinding() throws IOException {
    Path file = folder.resolve("x.scenario.conf");
    Files.writeString(file, """
        name = x, title = x, systems = [kvm-arm64, kvm-x86]
        vm { mmio = [1] }
        tasks = [{ name = v0, kind = vcpu, do = [{ do = load, gfn = 1 }] }]
        outcomes = [
          { name = "x86 faulted", class = forbidden, when = "count(kvm_page_fault) >= 1" }
          { name = "arm64 aborted", class = acceptable, when = "count(kvm_guest_abort) >= 1" }
        ]
        """);
    Cli cli = Cli.expect(ExitCode.FINDING, few("compare", file.toString()));
    assertThat(cli.out()).contains("finding on kvm-x86 v6.8: outcome").contains("finding on kvm-x86 v6.12: outcome")
        .doesNotContain("finding on kvm-arm64").contains(" --file " + file).contains("verdict FINDING");
  }

  @ParameterizedTest
  @CsvSource(delimiter = '|', textBlock = """
      --systems | yardstick | has no system 'yardstick'; allowed: kvm-arm64, kvm-x86
      --system | x86 | has no system 'x86'; did you mean 'kvm-x86'?
      --eras | v6.3 | has no era 'v6.3'; allowed: v5.15, v6.2, v6.12, v6.8
      --runs | 0 | --runs 0; at least 1 is allowed
      --workers | 0 | --workers 0; 1 to 64 are allowed
      --seed | xyz | seed 'xyz'; 1 to 16 hex digits are allowed
      """)
  void whatIsWrongIsSaid(String option, String value, String message) {
    Cli.refuse(ExitCode.USAGE, message, "compare", "invalid-slot-is-mmio", option, value);
  }

  @Test
  void kernelsThatNoSystemHasAreRefused() {
    Cli.refuse(ExitCode.USAGE, "has none of these systems in these eras; it has kvm-arm64 v5.15",
        "compare", "invalid-slot-is-mmio", "--systems", "kvm-x86", "--eras", "v5.15");
  }
}
