package io.stalemate.check.format;

import io.stalemate.check.CheckReport;
import io.stalemate.check.Claim;
import io.stalemate.check.FoundRace;
import io.stalemate.check.Suite;
import io.stalemate.check.TokenPlace;
import io.stalemate.session.Verdict;
import java.util.Locale;
import java.util.Optional;
import tools.jackson.core.util.DefaultIndenter;
import tools.jackson.core.util.DefaultPrettyPrinter;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * SARIF 2.1.0 (OASIS, with errata 01): a rule an oracle, a result a claim that is no pass. Fingerprints are signatures
 * of findings, so that the same race is one alert whatever the seed; code flows step through the schedule, one thread
 * flow a task. A token of the user's is alerted where it is pinned.
 *
 * <p>Nothing in it depends on the clock, and lines of kernel files are not named: the model does not know them.
 */
public final class Sarif {

  private static final String SCHEMA =
      "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";

  private final JsonMapper json = JsonMapper.builder().build();
  private final CheckReport report;
  private final SarifRules rules = new SarifRules();
  private final SarifPlaces places = new SarifPlaces();

  private Sarif(CheckReport report) {
    this.report = report;
  }

  /** Yields the document. */
  public static String of(CheckReport report) {
    return new Sarif(report).document();
  }

  private String document() {
    ObjectNode log = json.createObjectNode().put("$schema", SCHEMA).put("version", "2.1.0");
    ObjectNode run = log.putArray("runs").addObject();
    ArrayNode results = json.createArrayNode();
    for (Suite suite : report.suites()) {
      for (Claim claim : suite.claims()) {
        if (claim.verdict() != Verdict.PASS) {
          result(results.addObject(), suite, claim);
        }
      }
    }
    ObjectNode driver = run.putObject("tool").putObject("driver").put("name", "Stalemate")
        .put("version", Titles.version(report));
    rules.write(driver.putArray("rules"));
    run.putArray("invocations").addObject()
        .put("executionSuccessful", report.verdict() != Verdict.ERROR)
        .put("exitCode", isSkipped(report.verdict()) ? 0 : report.verdict().exitCode());
    run.putObject("automationDetails").put("id", "stalemate/check/" + Text.line(report.profile()) + "/");
    places.write(run);
    run.set("results", results);
    run.putObject("properties")
        .put("verdict", report.verdict().name())
        .put("profile", Text.line(report.profile()))
        .put("model", Text.line(report.model()))
        .put("commit", Text.line(report.commit()))
        .put("seed", Long.toHexString(report.seed()))
        .put("schedules", report.schedules());
    // The line ends of all systems alike.
    DefaultIndenter indenter = new DefaultIndenter("  ", "\n");
    return json.writer()
        .with(new DefaultPrettyPrinter().withObjectIndenter(indenter).withArrayIndenter(indenter))
        .writeValueAsString(log) + "\n";
  }

  private void result(ObjectNode result, Suite suite, Claim claim) {
    Optional<FoundRace> race = claim.race();
    String rule = SarifRules.of(claim);
    result.put("ruleId", rule).put("ruleIndex", rules.index(rule))
        .put("level", level(claim));
    result.putObject("message").put("text", message(suite, claim));
    ObjectNode location = result.putArray("locations").addObject();
    Optional<TokenPlace> pinned = claim.pinned().filter(place -> !place.isBuiltIn());
    if (pinned.isPresent()) {
      places.physical(location, pinned.get());
      race.flatMap(FoundRace::place)
          .ifPresent(place -> kernel(result.putArray("relatedLocations").addObject(), suite, claim));
    } else {
      kernel(location, suite, claim);
    }
    ObjectNode fingerprints = result.putObject("partialFingerprints");
    race.ifPresent(found -> fingerprints.put("stalemateSignature/v1", Text.line(found.signature())));
    fingerprints.put("stalemateClaim/v1", Titles.of(suite) + ": " + Titles.lasting(claim));
    race.filter(found -> !found.steps().isEmpty())
        .ifPresent(found -> new SarifFlows(places, scenario(suite, claim)).write(result, found));
    ObjectNode properties = result.putObject("properties")
        .put("verdict", claim.verdict().name())
        .put("claim", Titles.of(claim))
        .put("suite", Text.line(suite.name()))
        .put("kernel", Text.line(suite.kernel()))
        .put("token", Titles.token(claim));
    race.ifPresent(found -> properties
        .put("replay", Text.line(found.replay()))
        .put("severity", found.severity().name().toLowerCase(Locale.ROOT))
        .put("stepsLeftOut", found.stepsLeftOut()));
  }

  private void kernel(ObjectNode location, Suite suite, Claim claim) {
    Optional<FoundRace.Place> place = claim.race().flatMap(FoundRace::place);
    places.physical(location, place, scenario(suite, claim));
    place.ifPresent(at -> places.logical(location, at.function()));
  }

  private String level(Claim claim) {
    return isSkipped(claim.verdict()) ? "note" : claim.verdict() == Verdict.INCONCLUSIVE ? "warning" : "error";
  }

  private boolean isSkipped(Verdict verdict) {
    return report.skipsInconclusive() && verdict == Verdict.INCONCLUSIVE;
  }

  private static String message(Suite suite, Claim claim) {
    StringBuilder text = new StringBuilder(Titles.of(suite)).append(", ").append(Titles.lasting(claim)).append(": ")
        .append(Titles.message(claim)).append('.');
    claim.race().ifPresent(race -> text.append(" Broken rule: ").append(Text.line(race.rule()))
        .append(". Replay: ").append(Text.line(race.replay())));
    // A bracket pair before a parenthesis would be a link.
    return text.toString().replace("](", "] (");
  }

  /** Yields the scenario that a claim is of, by its suite or its token; empty if it is of none. */
  private static String scenario(Suite suite, Claim claim) {
    return switch (claim.kind()) {
      case ORACLE, OUTCOMES, GOAL, SEARCH, DETERMINISM -> suite.name();
      case CANARY, BUDGET -> "";
      case PINNED -> {
        String[] parts = Titles.token(claim).split("[.,]", 3);
        yield parts.length > 2 ? parts[1] : "";
      }
    };
  }
}
