package io.stalemate.check.format;

import static org.assertj.core.api.Assertions.assertThat;

import io.stalemate.check.Claim;
import io.stalemate.check.Claim.Kind;
import io.stalemate.check.Suite;
import io.stalemate.session.Verdict;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class MarkdownTest {

  private static final int PAGE_BYTES = 1 << 20;

  @Test
  void theDocumentIsAsKept() throws IOException {
    GoldenFile.check("summary.md", Markdown.of(Reports.everything()));
  }

  @Test
  void everyRowOfATableHasTheCellsOfItsHead() {
    int cells = 0;
    int rows = 0;
    for (String line : Markdown.of(Reports.everything()).lines().toList()) {
      int bars = line.replaceAll("\\\\.", "").replaceAll("[^|]", "").length();
      if (line.startsWith("| ")) {
        cells = cells == 0 ? bars : cells;
        assertThat(bars).as(line).isEqualTo(cells);
        rows++;
      } else {
        cells = 0;
      }
    }
    assertThat(rows).isEqualTo(2 + 8 + 2 + 4);
  }

  @Test
  void passesAreCountedAndNotListed() {
    Suite clean = new Suite("yardstick", "v6.12", "", List.of(
        Reports.claim(Kind.GOAL, "retry", Verdict.PASS, "", "")), "bound 2 closed (9 schedules)", 9, 1);

    assertThat(Markdown.of(Reports.report(List.of(clean), Verdict.PASS, false)))
        .startsWith("## Stalemate check: PASS\n")
        .contains("### Suites\n\n1 of 1 passed.\n\n### Goals\n\n1 of 1 reached.\n",
            "| yardstick on v6.12 | 9 | bound 2 closed \\(9 schedules\\) |\n")
        .doesNotContain("Findings", "Cut");
  }

  @Test
  void aTokenIsShownWithItsPlace() {
    assertThat(Markdown.of(Reports.pinned(Reports.PIN)))
        .contains("  - pinned: ./my regressions/mine.tokens:12: expected PASS; FINDING\n",
            "sx1.attr-vs-fault.1501b95.j80p0rg.f0 \\(./my regressions/mine.tokens:12\\)");
  }

  @Test
  void codeSpansSurviveBackticks() {
    assertThat(MarkdownText.code("a")).isEqualTo("`a`");
    assertThat(MarkdownText.code("a``b`")).isEqualTo("``` a``b` ```");
    assertThat(MarkdownText.codeInTable("a|b")).isEqualTo("`a\\|b`");
    assertThat(MarkdownText.code("")).isEmpty();
    assertThat(MarkdownText.block("text", "a\n````\n")).isEqualTo("`````text\na\n````\n`````\n");
  }

  @Test
  void aPageIsNeverTooLongAndSaysWhatIsMissing() {
    List<Suite> suites = new ArrayList<>();
    for (int i = 0; i < 9000; i++) {
      Claim claim = Reports.claim(Kind.GOAL, "goal", Verdict.INCONCLUSIVE, Reports.NASTY.repeat(2), "");
      suites.add(new Suite("suite" + i, "v6.12", "", List.of(claim), "", 1, 1));
    }
    String cut = Markdown.of(Reports.report(suites, Verdict.INCONCLUSIVE, false));

    assertThat(cut.getBytes(StandardCharsets.UTF_8)).hasSizeBetween(PAGE_BYTES - 2000, PAGE_BYTES);
    assertThat(cut).contains("| suite0 on v6.12 | INCONCLUSIVE |");
    assertThat(cut.lines().toList().getLast())
        .startsWith("**Cut**: ").endsWith(" because a page takes 1 MiB; the JUnit and SARIF reports have everything.");
  }

  @Test
  void manyFindingsFillThePageWithTheirTokensFirst() {
    String page = Markdown.of(Reports.many(600));

    assertThat(page.getBytes(StandardCharsets.UTF_8).length).isLessThanOrEqualTo(PAGE_BYTES);
    assertThat(page.split("  - token: `sx1", -1)).hasSize(601);
    assertThat(page.split("<details>", -1)).hasSameSizeAs(page.split("</details>", -1));
  }
}
