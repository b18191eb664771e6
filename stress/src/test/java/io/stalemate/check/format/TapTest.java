package io.stalemate.check.format;

import static org.assertj.core.api.Assertions.assertThat;

import io.stalemate.check.CheckReport;
import io.stalemate.check.Claim;
import io.stalemate.check.Suite;
import io.stalemate.session.Verdict;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;

class TapTest {

  private static final Pattern POINT = Pattern.compile("( {4})?(not )?ok (\\d+) - (.*)");

  private final CheckReport report = Reports.everything();
  private final String text = Tap.of(report);

  @Test
  void theDocumentIsAsKept() throws IOException {
    GoldenFile.check("check.tap", text);
  }

  @Test
  void plansAreKeptAndPointsAreNumbered() {
    assertThat(text).startsWith("TAP version 14\n1..4\n# Subtest: ");
    List<Integer> numbers = new ArrayList<>();
    List<Integer> below = new ArrayList<>();
    int plan = -1;
    for (String line : text.lines().toList()) {
      Matcher point = POINT.matcher(line);
      if (line.startsWith("    1..")) {
        plan = Integer.parseInt(line.substring(7));
      } else if (point.matches() && point.group(1) != null) {
        below.add(Integer.parseInt(point.group(3)));
        assertThat(below.getLast()).isEqualTo(below.size());
      } else if (point.matches()) {
        numbers.add(Integer.parseInt(point.group(3)));
        assertThat(below).hasSize(plan);
        below.clear();
      }
    }
    assertThat(numbers).containsExactly(1, 2, 3, 4);
  }

  @Test
  void whatIsNoPassIsNotOkAndSaysWhyInYaml() {
    List<Claim> failed = report.suites().stream().map(Suite::claims).flatMap(List::stream)
        .filter(claim -> claim.verdict() != Verdict.PASS).toList();
    List<Map<?, ?>> blocks = diagnostics();

    assertThat(text.lines().filter(line -> line.startsWith("    not ok ")).count()).isEqualTo(failed.size());
    assertThat(blocks).hasSize(failed.size());
    for (int i = 0; i < failed.size(); i++) {
      assertThat(blocks.get(i).get("verdict")).isEqualTo(failed.get(i).verdict().name());
      assertThat(blocks.get(i).get("message")).isEqualTo(Titles.message(failed.get(i)));
    }
    Map<?, ?> finding = blocks.get(2);
    assertThat(finding.get("token")).isEqualTo("sx1.attr-vs-fault.1501b95.j80p0rg.f0");
    assertThat(finding.get("splat"))
        .isEqualTo(Text.block(failed.get(2).race().orElseThrow().splat()));
  }

  private List<Map<?, ?>> diagnostics() {
    List<Map<?, ?>> blocks = new ArrayList<>();
    StringBuilder block = new StringBuilder();
    boolean within = false;
    for (String line : text.lines().toList()) {
      if (line.equals("      ...")) {
        blocks.add((Map<?, ?>) new Load(LoadSettings.builder().build()).loadFromString(block.toString()));
        block.setLength(0);
        within = false;
      } else if (within) {
        block.append(line.isEmpty() ? line : line.substring(6)).append('\n');
      }
      within |= line.equals("      ---");
    }
    return blocks;
  }

  @Test
  void noDirectiveBeginsInADescription() {
    assertThat(text.lines().filter(line -> POINT.matcher(line).matches()))
        .allMatch(line -> !line.matches(".*[^\\\\]#.*"));
    assertThat(text).contains("- goal gone | <a b=\"c\"> & 'd' ]]> e|f `g` ``h`` \\# i j");
  }

  @Test
  void aTokenIsShownWithItsPlace() {
    assertThat(text).contains("not ok 2 - pinned sx1.attr-vs-fault.1501b95.j80p0rg.f0 (" + Reports.PIN.text() + ")\n",
        "message: \"" + Reports.PIN.text() + ": expected PASS");
  }

  @Test
  void onlyWhatTheReportSkipsIsSkipped() {
    assertThat(Tap.of(Reports.inconclusive(true)))
        .contains("    ok 2 - goal a fault retries # SKIP inconclusive\n")
        .endsWith("\nok 1 - yardstick on kvm-arm64 v6.12 # SKIP inconclusive\n");
    assertThat(Tap.of(Reports.inconclusive(false)))
        .contains("    not ok 2 - goal a fault retries\n")
        .endsWith("\nnot ok 1 - yardstick on kvm-arm64 v6.12\n");
  }
}
