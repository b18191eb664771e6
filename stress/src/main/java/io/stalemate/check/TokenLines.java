package io.stalemate.check;

import io.stalemate.oracle.Oracles;
import io.stalemate.scenario.Scenario;
import io.stalemate.scenario.file.Catalogue;
import io.stalemate.scenario.input.Nearest;
import io.stalemate.scenario.input.Refused;
import io.stalemate.scenario.input.Safe;
import io.stalemate.scenario.token.Model;
import io.stalemate.scenario.token.Token;
import io.stalemate.session.Case;
import io.stalemate.session.TokenRun;
import io.stalemate.session.Verdict;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.regex.Pattern;

/**
 * Reads files of pinned tokens. A line is {@code PASS TOKEN}, {@code FINDING TOKEN} or {@code FINDING:oracle TOKEN},
 * then perhaps {@code hash=} and the trace hash; {@code #} begins a comment. Everything else is refused with file and
 * line: a regression that is passed over silently protects from nothing.
 */
final class TokenLines {

  /** Longest line, in characters. */
  static final int LINE_MAX = 500;

  /** What stands for an oracle when the scenario's outcome table forbids what happened. */
  private static final String OUTCOME = "outcome";
  private static final String HASH = "hash=";
  private static final Pattern HASH_DIGITS = Pattern.compile("[0-9a-f]{16}");

  private final Model model;
  private final Catalogue catalogue = new Catalogue();
  private final Function<Token, Optional<Located>> scenarioFiles;

  /** A scenario file that a token is of, and what commands need to find it. */
  record Located(Scenario scenario, String fileOption) {}

  /** For tokens of {@code model}; {@code scenarioFiles} finds the scenario of a token that is not of a built-in one. */
  TokenLines(Model model, Function<Token, Optional<Located>> scenarioFiles) {
    this.model = model;
    this.scenarioFiles = scenarioFiles;
  }

  /** Yields the tokens that {@code bytes} say; {@code file} names them in refusals. May be none. */
  List<PinnedToken> parse(String file, byte[] bytes) {
    return parse(file, false, bytes);
  }

  /** Yields the tokens of a file that comes with the program. */
  List<PinnedToken> builtIn(String file, byte[] bytes) {
    return parse(file, true, bytes);
  }

  private List<PinnedToken> parse(String file, boolean isBuiltIn, byte[] bytes) {
    if (bytes.length == 0) {
      throw Refused.input(file + ":1: the file is empty; a line VERDICT TOKEN is due, or a comment after #");
    }
    List<PinnedToken> tokens = new ArrayList<>();
    String[] lines = decode(file, bytes).split("\r?\n", -1);
    for (int i = 0; i < lines.length; i++) {
      TokenPlace place = new TokenPlace(file, i + 1, isBuiltIn);
      check(place.text(), lines[i]);
      String said = lines[i].replaceFirst("(^|\\s)#.*$", "").strip();
      if (!said.isEmpty()) {
        tokens.add(token(place, said.split("\\s+")));
      }
    }
    return tokens;
  }

  private static String decode(String file, byte[] bytes) {
    try {
      return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
    } catch (CharacterCodingException e) {
      int line = 1;
      ByteBuffer rest = ByteBuffer.wrap(bytes);
      StandardCharsets.UTF_8.newDecoder().decode(rest, CharBuffer.allocate(bytes.length), true);
      for (int i = 0; i < rest.position(); i++) {
        line += bytes[i] == '\n' ? 1 : 0;
      }
      throw Refused.input(file + ":" + line + ": byte " + rest.position() + " is not UTF-8; files of tokens are text");
    }
  }

  private static void check(String place, String line) {
    if (line.length() > LINE_MAX) {
      throw Refused.input(place + ": a line of " + line.length() + " characters; at most " + LINE_MAX
          + " are allowed");
    }
    line.codePoints().filter(c -> c != '\t' && Safe.unsafe(c)).findFirst().ifPresent(c -> {
      throw Refused.input(place + ": a character that cannot be printed, "
          + String.format("U+%04X", c) + "; printable text is allowed");
    });
  }

  private PinnedToken token(TokenPlace at, String[] words) {
    String place = at.text();
    int colon = words[0].indexOf(':');
    String verdict = colon < 0 ? words[0] : words[0].substring(0, colon);
    if (!verdict.equals("FINDING") && !words[0].equals("PASS")) {
      throw Refused.input(place + ": verdict " + Safe.quote(words[0])
          + "; PASS, FINDING or FINDING:oracle is allowed at the beginning of a line");
    }
    Optional<String> oracle = colon < 0 ? Optional.empty() : Optional.of(oracle(place, words[0].substring(colon + 1)));
    if (words.length == 1) {
      throw Refused.input(place + ": " + words[0] + " without a token");
    }
    Optional<String> hash = Optional.empty();
    for (int i = 2; i < words.length; i++) {
      if (hash.isPresent() || !words[i].startsWith(HASH)
          || !HASH_DIGITS.matcher(words[i].substring(HASH.length())).matches()) {
        throw Refused.input(place + ": " + Safe.quote(words[i]) + " after the token; " + HASH
            + "16 hex digits, once, is allowed, and # before a comment");
      }
      hash = Optional.of(words[i].substring(HASH.length()));
    }
    try {
      Token token = Token.parse(words[1]);
      model.check(token);
      Optional<Located> file = token.overrides().get("f").isEmpty() ? Optional.empty() : scenarioFiles.apply(token);
      Case subject = Case.of(token, catalogue, file.map(Located::scenario));
      return new PinnedToken(at, Verdict.valueOf(verdict), oracle, new TokenRun(subject, token), hash,
          file.map(Located::fileOption).orElse(""));
    } catch (Refused refused) {
      throw refused.reason() == Refused.Reason.MODEL
          ? refused.at(place)
          : Refused.input(place + ": " + refused.getMessage());
    }
  }

  private static String oracle(String place, String name) {
    List<String> names = new ArrayList<>(Oracles.names());
    names.add(OUTCOME);
    if (!names.contains(name)) {
      throw Refused.input(place + ": unknown oracle " + Safe.quote(name) + "; "
          + Nearest.hint(name, names, "see 'stalemate list oracles'"));
    }
    return name;
  }
}
