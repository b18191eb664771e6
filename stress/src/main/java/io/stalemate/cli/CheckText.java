package io.stalemate.cli;

import io.stalemate.check.CheckReport;
import io.stalemate.check.Claim;
import io.stalemate.check.FoundRace;
import io.stalemate.check.Suite;
import io.stalemate.session.Verdict;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.SortedMap;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * What {@code check} prints: a line for each claim that is no pass, totals, the verdict; or one document.
 *
 * @param closed how many scenarios were closed at which bound, -1 for none
 */
record CheckText(CheckReport report, SortedMap<Integer, Long> closed, CommitId commit) {

  /** Most lines of one suite. */
  static final int LINES_MAX = 20;

  /** Yields the lines for people. */
  List<String> lines() {
    List<String> lines = new ArrayList<>();
    lines.add(String.format(Locale.ROOT, "%s · model %s · profile %s · %s · seed %s", report.version(), report.model(),
        report.profile(),
        commit.text().isEmpty() ? commit.origin() : "commit " + commit.text() + " (" + commit.origin() + ")",
        Long.toHexString(report.seed())));
    report.suites().forEach(suite -> lines.addAll(lines(suite)));
    lines.add(String.format(Locale.ROOT, "pinned tokens %s · goals %s · scenarios %s", passed(Claim.Kind.PINNED),
        passed(Claim.Kind.GOAL), closedText()));
    lines.add(String.format(Locale.ROOT, "%,d schedules in %.1f s · findings %,d", report.schedules(),
        report.nanos() / 1e9, races().size()));
    lines.add("verdict " + report.verdict());
    return lines;
  }

  /** Yields a line for each claim that is no pass, the worst first. */
  private static List<String> lines(Suite suite) {
    List<Claim> failed = suite.claims().stream().filter(claim -> claim.verdict() != Verdict.PASS)
        .sorted(Comparator.comparing(Claim::verdict).reversed()
            .thenComparing(claim -> claim.race().isEmpty())
            .thenComparing(claim -> claim.kind() != Claim.Kind.BUDGET)).toList();
    List<String> lines = new ArrayList<>();
    failed.stream().limit(LINES_MAX).forEach(claim -> lines.add(line(suite, claim)));
    if (failed.size() > LINES_MAX) {
      lines.add(String.format(Locale.ROOT, "%-14s %s: and %,d more, which --json and the files of results have", "",
          suite.name(), failed.size() - LINES_MAX));
    }
    return lines;
  }

  private static String line(Suite suite, Claim claim) {
    String next = claim.race().map(FoundRace::replay).orElse(claim.token());
    // The message of a pinned token begins with its place, and the token comes last.
    String name = claim.pinned().isPresent() ? "" : claim.name() + ": ";
    return String.format(Locale.ROOT, "%-14s %s, %s%s%s", claim.verdict(), suite.name(), name, claim.message(),
        next.isEmpty() ? "" : "  " + next);
  }

  private String passed(Claim.Kind kind) {
    List<Claim> all = claims().stream().filter(claim -> claim.kind() == kind).toList();
    return String.format(Locale.ROOT, "%,d/%,d",
        all.stream().filter(claim -> claim.verdict() == Verdict.PASS).count(), all.size());
  }

  private String closedText() {
    List<String> parts = new ArrayList<>();
    closed.reversed().forEach((bound, count) -> parts.add(String.format(Locale.ROOT, "%,d %s", count,
        bound < 0 ? "not closed at any bound" : "closed at bound " + bound)));
    return String.format(Locale.ROOT, "%,d: %s", closed.values().stream().mapToLong(each -> each).sum(),
        String.join(", ", parts));
  }

  private List<Claim> claims() {
    return report.suites().stream().flatMap(suite -> suite.claims().stream()).toList();
  }

  private List<FoundRace> races() {
    return claims().stream().flatMap(claim -> claim.race().stream()).toList();
  }

  /** Yields the document for programs. */
  String json(int exitCode, int workers) {
    Json json = new Json();
    ObjectNode document = json.document("check")
        .put("version", report.version())
        .put("model", report.model())
        .put("profile", report.profile())
        .put("commit", report.commit())
        .put("commitFrom", commit.origin())
        .put("seed", RunReport.hex(report.seed()))
        .put("workers", workers)
        .put("verdict", report.verdict().name())
        .put("exitCode", exitCode)
        .put("schedules", report.schedules())
        .put("findings", races().size())
        .put("nanos", report.nanos());
    ArrayNode bounds = document.putArray("closed");
    closed.forEach((bound, count) -> bounds.addObject().put("bound", bound).put("scenarios", count));
    ArrayNode suites = document.putArray("suites");
    report.suites().forEach(suite -> suite(suites.addObject(), suite));
    return json.text(document);
  }

  private static void suite(ObjectNode node, Suite suite) {
    node.put("name", suite.name())
        .put("kernel", suite.kernel())
        .put("title", suite.title())
        .put("verdict", suite.verdict().name())
        .put("summary", suite.summary())
        .put("schedules", suite.schedules())
        .put("nanos", suite.nanos());
    ArrayNode claims = node.putArray("claims");
    for (Claim claim : suite.claims()) {
      ObjectNode one = claims.addObject()
          .put("kind", claim.kind().name().toLowerCase(Locale.ROOT))
          .put("name", claim.name())
          .put("verdict", claim.verdict().name())
          .put("message", claim.message())
          .put("token", claim.token());
      claim.pinned().ifPresent(place -> one.put("pinned", place.text()));
      claim.race().ifPresent(race -> one.putObject("finding")
          .put("oracle", race.oracle())
          .put("severity", race.severity().name().toLowerCase(Locale.ROOT))
          .put("what", race.what())
          .put("rule", race.rule())
          .put("signature", race.signature())
          .put("replay", race.replay()));
    }
  }
}
