package io.stalemate.check.format;

import io.stalemate.check.CheckReport;
import io.stalemate.check.Claim;
import io.stalemate.check.Claim.Kind;
import io.stalemate.check.FoundRace;
import io.stalemate.check.Suite;
import io.stalemate.session.Verdict;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * A summary in GitHub's Markdown, for the page of a job: the verdict, findings with what to type, what else is no plain
 * pass, goals, what was closed. The most important comes first, since a page takes no more than 1 MiB.
 */
public final class Markdown {

  /** GitHub takes 1 MiB a step. */
  private static final int BYTES_MAX = 1 << 20;
  /** Room for the line that says what was cut. */
  private static final int RESERVE = 500;
  /** Longer ones are in the other reports. */
  private static final int SPLAT_BYTES_MAX = 20_000;

  private final CheckReport report;
  private final Capped out = new Capped(BYTES_MAX - RESERVE);

  private Markdown(CheckReport report) {
    this.report = report;
  }

  /** Yields the document. */
  public static String of(CheckReport report) {
    return new Markdown(report).document();
  }

  private String document() {
    out.add("## Stalemate check: " + report.verdict() + "\n\n");
    String commit = report.commit().isEmpty()
        ? "no commit, seed " + Long.toHexString(report.seed())
        : "commit " + MarkdownText.code(report.commit());
    out.add(String.format(Locale.ROOT, "profile %s · %s · model %s · version %s · %,d schedules\n",
        MarkdownText.code(report.profile()), commit, MarkdownText.code(report.model()),
        MarkdownText.words(Titles.version(report)), report.schedules()));
    findings();
    suites();
    goals();
    search();
    splats();
    return out.leftOut() == 0 ? out.text() : out.text() + String.format(Locale.ROOT,
        "\n**Cut**: %,d pieces of this summary are left out, because a page takes 1 MiB; the JUnit and SARIF reports "
            + "have everything.\n", out.leftOut());
  }

  /** The claims with a race, and where. */
  private record Found(Suite suite, Claim claim, FoundRace race) {}

  private List<Found> found() {
    List<Found> found = new ArrayList<>();
    for (Suite suite : report.suites()) {
      for (Claim claim : suite.claims()) {
        if (claim.verdict() != Verdict.PASS) {
          claim.race().ifPresent(race -> found.add(new Found(suite, claim, race)));
        }
      }
    }
    return found;
  }

  private void findings() {
    List<Found> found = found();
    if (found.isEmpty()) {
      return;
    }
    out.add("\n### Findings\n\n");
    for (Found each : found) {
      FoundRace race = each.race();
      String place = race.place()
          .map(at -> "; " + MarkdownText.code(at.function()) + " in " + MarkdownText.words(at.file())).orElse("");
      out.add("- **" + MarkdownText.words(race.oracle()) + "** in " + MarkdownText.words(Titles.of(each.suite()))
          + ": " + MarkdownText.words(race.what()) + place + "\n"
          + (pinned(each).isEmpty() ? "" : "  - pinned: " + MarkdownText.words(pinned(each)) + "\n")
          + "  - broken rule: " + MarkdownText.words(race.rule()) + "\n"
          + "  - token: " + MarkdownText.code(race.token()) + "\n"
          + "  - replay: " + MarkdownText.code(race.replay()) + "\n");
    }
  }

  /** Yields what a pinned token was expected to come to, and where; empty of other claims. */
  private static String pinned(Found found) {
    return found.claim().pinned().isEmpty() ? "" : Titles.message(found.claim());
  }

  private void suites() {
    long passed = report.suites().stream().filter(suite -> suite.verdict() == Verdict.PASS).count();
    out.add("\n### Suites\n\n" + passed + " of " + report.suites().size() + " passed.\n");
    if (passed == report.suites().size()) {
      return;
    }
    out.add("\n| suite | verdict | claim | what | token |\n| --- | --- | --- | --- | --- |\n");
    for (Suite suite : report.suites()) {
      for (Claim claim : suite.claims()) {
        if (claim.verdict() != Verdict.PASS) {
          row(MarkdownText.words(Titles.of(suite)), claim.verdict().name(), MarkdownText.words(Titles.of(claim)),
              MarkdownText.words(Titles.message(claim)), MarkdownText.codeInTable(Titles.token(claim)));
        }
      }
    }
  }

  private void goals() {
    long goals = 0;
    List<Suite> missed = new ArrayList<>();
    for (Suite suite : report.suites()) {
      goals += suite.claims().stream().filter(claim -> claim.kind() == Kind.GOAL).count();
      for (Claim claim : suite.claims()) {
        if (isMissed(claim)) {
          missed.add(suite);
        }
      }
    }
    if (goals == 0) {
      return;
    }
    out.add("\n### Goals\n\n" + (goals - missed.size()) + " of " + goals + " reached.\n");
    for (Suite suite : missed.stream().distinct().toList()) {
      for (Claim claim : suite.claims()) {
        if (isMissed(claim)) {
          out.add("- " + MarkdownText.words(Titles.of(suite)) + ": " + MarkdownText.words(claim.name()) + "\n");
        }
      }
    }
  }

  private static boolean isMissed(Claim claim) {
    return claim.kind() == Kind.GOAL && claim.verdict() != Verdict.PASS;
  }

  private void search() {
    if (report.suites().isEmpty()) {
      return;
    }
    out.add("\n### What was run and closed\n\n| suite | schedules | what |\n| --- | ---: | --- |\n");
    for (Suite suite : report.suites()) {
      row(MarkdownText.words(Titles.of(suite)), String.format(Locale.ROOT, "%,d", suite.schedules()),
          MarkdownText.words(suite.summary()));
    }
  }

  private void splats() {
    for (Found each : found()) {
      String splat = each.race().splat();
      if (splat.getBytes(StandardCharsets.UTF_8).length > SPLAT_BYTES_MAX) {
        splat = "This splat is longer than a summary shows: the JUnit report has it.";
      }
      out.add("\n<details><summary>" + MarkdownText.html(each.race().oracle() + " in " + Titles.of(each.suite()))
          + "</summary>\n\n" + MarkdownText.block("text", splat) + "\n</details>\n");
    }
  }

  private void row(String... cells) {
    out.add("| " + String.join(" | ", cells) + " |\n");
  }
}
