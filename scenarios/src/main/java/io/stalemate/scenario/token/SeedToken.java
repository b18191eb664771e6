package io.stalemate.scenario.token;

import io.stalemate.scenario.input.Refused;
import io.stalemate.scenario.input.Safe;
import java.util.List;
import java.util.regex.Pattern;

/**
 * A schedule as its strategy draws it from a seed:
 * {@code sm1.<scenario>[,key=value...].<strategy>.<seed>.<model>.<check>}. The seed is 64 bits as 13 Crockford
 * characters.
 *
 * @param strategy a concrete strategy with its parameter: {@code rnd}, {@code pct3}, {@code fpct3}
 */
public record SeedToken(String scenario, Overrides overrides, String strategy, long seed, String model)
    implements Token {

  static final String FORMAT = "sm1";

  private static final Pattern STRATEGY = Pattern.compile("[a-z]{2,8}(0|[1-9][0-9]{0,2})?");

  /** Refuses (input) parts of the wrong form, and a token of more than 200 characters. */
  public SeedToken {
    Parts.checkScenario(scenario);
    Parts.checkModel(model);
    if (!STRATEGY.matcher(strategy).matches()) {
      throw Refused.input("strategy " + Safe.quote(strategy) + "; 2 to 8 letters, then up to 3 digits are allowed");
    }
    int length = text(scenario, overrides, strategy, seed, model).length();
    if (length > LENGTH_MAX) {
      throw Refused.input("token of " + length + " characters; at most " + LENGTH_MAX
          + " are allowed, use fewer overrides");
    }
  }

  static SeedToken read(List<String> parts) {
    Parts.checkCount(parts, 5, FORMAT + ".scenario.strategy.seed.model");
    return new SeedToken(Parts.scenario(parts.get(1)), Parts.overrides(parts.get(1)), parts.get(2),
        Crockford.seed(parts.get(3)), parts.get(4));
  }

  /** Yields the seed as tokens and {@code --seed} have it. */
  public static String seedText(long seed) {
    return Crockford.encode(seed, Crockford.SEED_LENGTH);
  }

  /** Yields the seed that {@link #seedText} wrote as {@code text}; refuses any other. */
  public static long seed(String text) {
    return Crockford.seed(text);
  }

  @Override
  public String text() {
    return text(scenario, overrides, strategy, seed, model);
  }

  private static String text(String scenario, Overrides overrides, String strategy, long seed, String model) {
    return Parts.withCheck(
        FORMAT + "." + scenario + overrides.text() + "." + strategy + "." + seedText(seed) + "." + model);
  }
}
