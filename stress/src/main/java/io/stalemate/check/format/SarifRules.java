package io.stalemate.check.format;

import io.stalemate.check.Claim;
import io.stalemate.check.Claim.Kind;
import io.stalemate.check.FoundRace;
import io.stalemate.oracle.Oracle;
import io.stalemate.oracle.Oracles;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** The rules of a SARIF document: every oracle, and what else a check demands. */
final class SarifRules {

  private static final String HELP = "Type the replay command of the result to run the schedule again, or the same with"
      + " show in place of replay to see it; @StalemateTest with the token makes a regression test of it.";

  private final Map<String, String> titles = new LinkedHashMap<>();

  /** All rules that are known beforehand. */
  SarifRules() {
    for (Oracle oracle : Oracles.all(1)) {
      titles.put(oracle.name(), oracle.title());
    }
    titles.put("outcome", "the scenario forbids the outcome");
    titles.put("outcomes", "an outcome was forbidden or not foreseen, or a run hit its bound on steps");
    titles.put("pinned", "a pinned token came to another verdict than it must have");
    titles.put("goal", "a goal of the scenario was not reached");
    titles.put("search", "a bound was not closed that had to be");
    titles.put("determinism", "the same choices gave another trace");
    titles.put("budget", "there was no time for all the work that was planned");
    titles.put("canary", "something planted was not found: nothing else can be believed");
  }

  /** Yields the rule that a claim broke. */
  static String of(Claim claim) {
    String rule = claim.kind() == Kind.ORACLE ? claim.name() : Titles.kind(claim);
    return Text.line(claim.race().map(FoundRace::oracle).orElse(rule));
  }

  /** Yields the index of {@code rule} among the rules; one that was not known becomes the last. */
  int index(String rule) {
    titles.putIfAbsent(rule, rule);
    return new ArrayList<>(titles.keySet()).indexOf(rule);
  }

  /** Writes the rules, in the order of their indices. */
  void write(ArrayNode rules) {
    List<String> oracles = Oracles.names();
    titles.forEach((id, title) -> {
      ObjectNode rule = rules.addObject().put("id", id);
      rule.putObject("shortDescription").put("text", sentence(Text.line(title)));
      rule.putObject("help").put("text", HELP);
      rule.putObject("properties").putArray("tags").add(oracles.contains(id) ? "oracle" : "check");
    });
  }

  private static String sentence(String title) {
    return title.isEmpty() ? title : title.substring(0, 1).toUpperCase(Locale.ROOT) + title.substring(1)
        + (title.endsWith(".") ? "" : ".");
  }
}
