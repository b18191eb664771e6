package io.stalemate.scenario.token;

import io.stalemate.scenario.input.Nearest;
import io.stalemate.scenario.input.Refused;
import io.stalemate.scenario.input.Safe;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/**
 * A word that names one schedule: {@link SeedToken} by strategy and seed, {@link ScheduleToken} by its deviations from
 * running every task until it blocks. Both carry the scenario with its overrides, the model they belong to and, last, a
 * {@link Check} word. All characters are {@code [a-z0-9.,=-]}: safe in shells, URLs, mail and file names.
 */
public sealed interface Token permits SeedToken, ScheduleToken {

  /** Longest token, in characters. */
  int LENGTH_MAX = 200;

  /** Yields the scenario's name. */
  String scenario();

  /** Yields what the run changed in the scenario. */
  Overrides overrides();

  /** Yields the id of the model that the token belongs to: 7 hex digits. */
  String model();

  /** Yields the token as written, check word included. */
  String text();

  /** Whether {@code text} claims to be a token, sound or not; else it may be a file or a name. */
  static boolean claimed(String text) {
    String bare = bare(text);
    return (bare.startsWith("sm") || bare.startsWith("sx")) && bare.indexOf('.') == 3;
  }

  /**
   * Yields the token that {@code text} says. White space and quotes around it and {@code Found-with:} or the command
   * that a report prints ({@code stalemate replay}, {@code stalemate show}) before it are taken off; nothing else is
   * forgiven.
   *
   * @throws Refused (input) for anything that is not exactly a token
   */
  static Token parse(String text) {
    String bare = bare(text);
    if (bare.length() > LENGTH_MAX) {
      throw Refused.input("token of " + bare.length() + " characters; at most " + LENGTH_MAX + " are allowed");
    }
    if (claimed(bare) && bare.contains(" --")) {
      throw Refused.input("token " + Safe.quote(bare.substring(0, bare.indexOf(' ')))
          + " and options in one word; give the options after it, each a word of its own");
    }
    for (int i = 0; i < bare.length(); i++) {
      if (Check.ALPHABET.indexOf(bare.charAt(i)) < 0) {
        throw Refused.input("token " + Safe.quote(bare) + " with a foreign character at " + (i + 1)
            + "; a-z 0-9 . , = - are allowed");
      }
    }
    int dot = bare.lastIndexOf('.');
    if (dot < 0 || bare.length() - dot - 1 != Check.LENGTH) {
      throw Refused.input("token " + Safe.quote(bare) + " without a check word; '.' and " + Check.LENGTH
          + " characters are due at its end (was it cut off?)");
    }
    if (!Check.of(bare.substring(0, dot)).equals(bare.substring(dot + 1))) {
      throw Refused.input("token " + Safe.quote(bare)
          + " does not match its check word; copy it again, a character differs");
    }
    return read(bare, Arrays.asList(bare.substring(0, dot).split("\\.", -1)));
  }

  private static Token read(String bare, List<String> parts) {
    try {
      Token token = switch (parts.getFirst()) {
        case SeedToken.FORMAT -> SeedToken.read(parts);
        case ScheduleToken.FORMAT -> ScheduleToken.read(parts);
        case String format -> throw Refused.input("format " + Safe.quote(format) + "; "
            + Nearest.hint(format, List.of(SeedToken.FORMAT, ScheduleToken.FORMAT)));
      };
      if (!token.text().equals(bare)) {
        throw Refused.input("not in the form that this program writes");
      }
      return token;
    } catch (Refused refused) {
      throw Refused.input("token " + Safe.quote(bare) + ": " + refused.getMessage());
    }
  }

  private static String bare(String text) {
    String bare = withoutQuotes(text);
    String trailer = "found-with:";
    if (bare.toLowerCase(Locale.ROOT).startsWith(trailer)) {
      bare = withoutQuotes(bare.substring(trailer.length()));
    }
    return withoutQuotes(bare.replaceFirst("^((\\./)?stalemate\\s+)?(replay|show)\\s+", ""));
  }

  private static String withoutQuotes(String text) {
    String bare = text.strip();
    while (bare.length() >= 2 && "\"'`".indexOf(bare.charAt(0)) >= 0
        && bare.charAt(0) == bare.charAt(bare.length() - 1)) {
      bare = bare.substring(1, bare.length() - 1).strip();
    }
    return bare;
  }
}
