package io.stalemate.check.format;

import io.stalemate.check.CheckReport;
import io.stalemate.check.Claim;
import io.stalemate.check.FoundRace;
import io.stalemate.check.Suite;
import io.stalemate.session.Verdict;

/**
 * TAP 14 (testanything.org): a subtest a suite, a test point a claim, diagnostics with whatever is no pass. A claim
 * that is not shown true is {@code not ok}, whatever the reason; SKIP stands only beside what the report itself skips.
 */
public final class Tap {

  private static final String INDENT = "    ";

  private final CheckReport report;
  private final StringBuilder out = new StringBuilder();

  private Tap(CheckReport report) {
    this.report = report;
  }

  /** Yields the document. */
  public static String of(CheckReport report) {
    return new Tap(report).document();
  }

  private String document() {
    out.append("TAP version 14\n");
    out.append("1..").append(report.suites().size()).append('\n');
    int number = 0;
    for (Suite suite : report.suites()) {
      suite(suite, ++number);
    }
    return out.toString();
  }

  private void suite(Suite suite, int number) {
    out.append("# Subtest: ").append(escaped(Titles.of(suite))).append('\n');
    out.append(INDENT).append("1..").append(suite.claims().size()).append('\n');
    int claims = 0;
    for (Claim claim : suite.claims()) {
      point(INDENT, claim.verdict(), ++claims, Titles.of(claim));
      if (claim.verdict() != Verdict.PASS) {
        diagnostics(claim);
      }
    }
    point("", suite.verdict(), number, Titles.of(suite));
  }

  private void point(String indent, Verdict verdict, int number, String description) {
    boolean skipped = report.skipsInconclusive() && verdict == Verdict.INCONCLUSIVE;
    out.append(indent).append(verdict == Verdict.PASS || skipped ? "ok " : "not ok ").append(number)
        .append(" - ").append(escaped(description)).append(skipped ? " # SKIP inconclusive" : "").append('\n');
  }

  private void diagnostics(Claim claim) {
    String indent = INDENT + "  ";
    out.append(indent).append("---\n");
    entry(indent, "verdict", claim.verdict().name());
    entry(indent, "message", Titles.message(claim));
    String token = Titles.token(claim);
    if (!token.isEmpty()) {
      entry(indent, "token", token);
    }
    claim.race().ifPresent(race -> race(indent, race));
    out.append(indent).append("...\n");
  }

  private void race(String indent, FoundRace race) {
    entry(indent, "oracle", race.oracle());
    entry(indent, "signature", race.signature());
    entry(indent, "replay", race.replay());
    out.append(indent).append("splat: |2\n");
    Text.block(race.splat()).lines()
        .forEach(line -> out.append((indent + "  " + line).stripTrailing()).append('\n'));
  }

  /** A YAML entry whose value is a string in double quotes. */
  private void entry(String indent, String key, String value) {
    out.append(indent).append(key).append(": \"")
        .append(Text.line(value).replace("\\", "\\\\").replace("\"", "\\\"")).append("\"\n");
  }

  /** Yields a description in which no directive begins. */
  private static String escaped(String line) {
    return line.replace("\\", "\\\\").replace("#", "\\#");
  }
}
