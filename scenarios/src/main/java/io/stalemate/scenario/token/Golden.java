package io.stalemate.scenario.token;

/**
 * One golden run: what it was and the hash of its trace.
 *
 * @param traceHash 16 hex digits
 */
public record Golden(String scenario, Overrides overrides, String strategy, long seed, String traceHash) {

  /** Yields the run's line of {@code golden.tsv}. */
  public String line() {
    String changes = overrides.values().isEmpty() ? Model.NO_OVERRIDES : overrides.text().substring(1);
    return String.join("\t", scenario, changes, strategy, SeedToken.seedText(seed), traceHash);
  }
}
