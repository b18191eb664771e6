package io.stalemate.scenario.token;

import io.stalemate.scenario.input.Refused;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.regex.Pattern;

/**
 * What the model does, as a fingerprint: a list of golden runs with their trace hashes. The id changes exactly when a
 * simulated trace does, and the list's history is the behaviour's changelog.
 *
 * @param id first 7 hex digits of the SHA-256 of the list
 */
public record Model(String id, List<Golden> goldens) {

  /** First line of the list. */
  public static final String HEADER = "scenario\toverrides\tstrategy\tseed\ttracehash";

  /** In place of overrides, when a run has none. */
  static final String NO_OVERRIDES = "-";

  private static final String RESOURCE = "/io/stalemate/scenario/golden.tsv";
  private static final Pattern TRACE_HASH = Pattern.compile("[0-9a-f]{16}");

  public Model {
    goldens = List.copyOf(goldens);
  }

  /** Yields the model of this build. */
  public static Model builtIn() {
    try (InputStream in = Model.class.getResourceAsStream(RESOURCE)) {
      if (in == null) {
        throw new IllegalStateException("not built in: " + RESOURCE);
      }
      return parse(new String(in.readAllBytes(), StandardCharsets.UTF_8));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Yields the model whose list is {@code text}; line ends do not matter. Refuses (input) other text. */
  public static Model parse(String text) {
    List<String> lines = text.lines().toList();
    if (lines.isEmpty() || !lines.getFirst().equals(HEADER)) {
      throw Refused.input("golden.tsv:1: not the header of a list of golden runs");
    }
    List<Golden> goldens = new ArrayList<>();
    for (int i = 1; i < lines.size(); i++) {
      goldens.add(golden(lines.get(i), i + 1));
    }
    return new Model(id(lines), goldens);
  }

  /** Yields the list's text, as {@link #parse} reads it. */
  public static String text(List<Golden> goldens) {
    StringBuilder text = new StringBuilder(HEADER).append('\n');
    goldens.forEach(golden -> text.append(golden.line()).append('\n'));
    return text.toString();
  }

  /**
   * Lets a token of this model pass.
   *
   * @throws Refused (model) if {@code token} belongs to another model
   */
  public void check(Token token) {
    if (!token.model().equals(id)) {
      throw Refused.model("token of model " + token.model() + "; this is model " + id
          + ", which behaves otherwise: replay with the release that printed the token");
    }
  }

  private static Golden golden(String line, int number) {
    String[] fields = line.split("\t", -1);
    if (fields.length != 5 || !TRACE_HASH.matcher(fields[4]).matches()) {
      throw Refused.input("golden.tsv:" + number + ": " + fields.length
          + " fields; five with a trace hash of 16 hex digits are allowed");
    }
    try {
      Overrides overrides = fields[1].equals(NO_OVERRIDES) ? Overrides.NONE : Overrides.parse("," + fields[1]);
      return new Golden(fields[0], overrides, fields[2], SeedToken.seed(fields[3]), fields[4]);
    } catch (Refused refused) {
      throw refused.at("golden.tsv:" + number);
    }
  }

  private static String id(List<String> lines) {
    try {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      for (String line : lines) {
        digest.update((line + "\n").getBytes(StandardCharsets.UTF_8));
      }
      return HexFormat.of().formatHex(digest.digest()).substring(0, 7);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }
}
