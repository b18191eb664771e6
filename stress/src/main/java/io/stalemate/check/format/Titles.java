package io.stalemate.check.format;

import io.stalemate.check.CheckReport;
import io.stalemate.check.Claim;
import io.stalemate.check.Suite;
import java.util.Locale;

/** What suites and claims are called, alike in all formats; on one line. */
final class Titles {

  private Titles() {}

  /** Yields {@code attr-vs-fault on kvm-x86 v6.12}. */
  static String of(Suite suite) {
    return Text.line(suite.kernel().isEmpty() ? suite.name() : suite.name() + " on " + suite.kernel());
  }

  /** Yields what a claim is called within its suite, where no other is called so: a pinned token by its place too. */
  static String of(Claim claim) {
    return lasting(claim) + claim.pinned().map(place -> " (" + Text.line(place.text()) + ")").orElse("");
  }

  /**
   * Yields {@code oracle stale-translation}, or {@code determinism} if there is but one of the kind: what does not
   * change when lines are put into a file of tokens.
   */
  static String lasting(Claim claim) {
    String kind = kind(claim);
    return claim.name().isEmpty() || claim.name().equals(kind) ? kind : Text.line(kind + " " + claim.name());
  }

  /** Yields the number of the tool's version, without its name. */
  static String version(CheckReport report) {
    return Text.line(report.version()).replaceFirst("^stalemate ", "");
  }

  /** Yields {@code oracle}. */
  static String kind(Claim claim) {
    return claim.kind().name().toLowerCase(Locale.ROOT);
  }

  /** Yields the token that replays what is meant; empty if none does. */
  static String token(Claim claim) {
    return Text.line(claim.race().map(race -> race.token()).orElse(claim.token()));
  }

  /** Yields what is to be said, on one line; never empty. */
  static String message(Claim claim) {
    String said = claim.message().isEmpty() ? claim.race().map(race -> race.what()).orElse("") : claim.message();
    return said.isEmpty() ? claim.verdict().name() : Text.line(said);
  }
}
