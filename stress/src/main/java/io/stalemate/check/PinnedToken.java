package io.stalemate.check;

import io.stalemate.session.TokenRun;
import io.stalemate.session.Verdict;
import java.util.Optional;

/**
 * A token that must come out as somebody has written down.
 *
 * @param place what says so
 * @param verdict PASS or FINDING
 * @param oracle whose finding must be the worst; empty if any will do
 * @param hash the trace hash it must have, 16 hex digits
 * @param fileOption what commands that take the token need besides, {@code " --file F"}; empty if nothing
 */
public record PinnedToken(
    TokenPlace place, Verdict verdict, Optional<String> oracle, TokenRun run, Optional<String> hash,
    String fileOption) {

  /** Yields its line in a file of tokens. */
  public static String line(Verdict verdict, Optional<String> oracle, String token, Optional<String> hash) {
    return verdict + oracle.map(name -> ":" + name).orElse("") + " " + token
        + hash.map(digits -> " hash=" + digits).orElse("");
  }

  /** Yields what must come of it, in words. */
  String expectation() {
    return verdict + oracle.map(name -> " by " + name).orElse("");
  }
}
