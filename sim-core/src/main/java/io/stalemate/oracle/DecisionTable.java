package io.stalemate.oracle;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * A decision table, kept as data: a row names for each fact the values that it is about, and what follows. The first
 * row that fits decides.
 *
 * <p>As text: lines of words separated by blanks or tabs; {@code #} begins a comment. The first line has a
 * {@code fact=value|value|...} for each column, then {@code outcome}. In the others a column holds one value, several
 * as {@code value|value}, or {@code *} for all; the last word is the outcome.
 */
final class DecisionTable {

  private final List<String> facts = new ArrayList<>();
  private final List<List<String>> values = new ArrayList<>();
  private final List<String> outcomes = new ArrayList<>();
  private final List<String> lines = new ArrayList<>();
  // By row: the values of each column as a mask, and the outcome's number.
  private final List<int[]> masks = new ArrayList<>();
  private final List<Integer> decided = new ArrayList<>();

  private DecisionTable() {}

  /** Reads the resource {@code name} of this package. */
  static DecisionTable resource(String name) {
    try (InputStream in = DecisionTable.class.getResourceAsStream(name)) {
      if (in == null) {
        throw new IllegalStateException("no table " + name);
      }
      return parse(new String(in.readAllBytes(), StandardCharsets.UTF_8));
    } catch (IOException e) {
      throw new IllegalStateException("table " + name + ": " + e.getMessage(), e);
    }
  }

  /** Reads a table from its text. A slip in it is an {@link IllegalStateException} with the line. */
  static DecisionTable parse(String text) {
    DecisionTable table = new DecisionTable();
    for (String line : text.lines().toList()) {
      String bare = line.replaceFirst("#.*", "").strip();
      if (!bare.isEmpty()) {
        String[] words = bare.split("\\s+");
        if (table.facts.isEmpty()) {
          table.header(words);
        } else {
          table.row(words, String.join(" ", words));
        }
      }
    }
    return table;
  }

  private void header(String[] words) {
    for (int i = 0; i < words.length - 1; i++) {
      String[] parts = words[i].split("=", 2);
      facts.add(parts[0]);
      values.add(List.of(parts[1].split("\\|")));
    }
  }

  private void row(String[] words, String line) {
    if (words.length != facts.size() + 1) {
      throw new IllegalStateException(words.length + " words; " + (facts.size() + 1) + " are needed: " + line);
    }
    int[] mask = new int[facts.size()];
    for (int column = 0; column < mask.length; column++) {
      mask[column] = words[column].equals("*") ? -1 : mask(column, words[column], line);
    }
    String outcome = words[mask.length];
    if (!outcomes.contains(outcome)) {
      outcomes.add(outcome);
    }
    masks.add(mask);
    decided.add(outcomes.indexOf(outcome));
    lines.add(line);
  }

  private int mask(int column, String word, String line) {
    int mask = 0;
    for (String value : word.split("\\|")) {
      int index = values.get(column).indexOf(value);
      if (index < 0) {
        throw new IllegalStateException("no " + facts.get(column) + " '" + value + "': " + line);
      }
      mask |= 1 << index;
    }
    return mask;
  }

  /** Yields the first row that fits {@code indexes}, the index of each fact's value; -1 if none does. */
  int row(int[] indexes) {
    for (int row = 0; row < masks.size(); row++) {
      int[] mask = masks.get(row);
      boolean fits = true;
      for (int column = 0; column < mask.length && fits; column++) {
        fits = (mask[column] >> indexes[column] & 1) != 0;
      }
      if (fits) {
        return row;
      }
    }
    return -1;
  }

  /** Number of rows. */
  int rows() {
    return masks.size();
  }

  /** The row as it is written, with single blanks. */
  String line(int row) {
    return lines.get(row);
  }

  /** The outcome of a row. */
  String outcome(int row) {
    return outcomes.get(decided.get(row));
  }

  /** The number of a row's outcome in {@link #outcomes}. */
  int decided(int row) {
    return decided.get(row);
  }

  /** All outcomes, in the order in which rows first name them. */
  List<String> outcomes() {
    return List.copyOf(outcomes);
  }

  /** The facts, in the order of the columns. */
  List<String> facts() {
    return List.copyOf(facts);
  }

  /** The values of the fact in {@code column}. */
  List<String> values(int column) {
    return values.get(column);
  }

  /** Says {@code indexes} in words. */
  String describe(int[] indexes) {
    List<String> words = new ArrayList<>();
    for (int column = 0; column < indexes.length; column++) {
      words.add(facts.get(column) + "=" + values.get(column).get(indexes[column]));
    }
    return String.join(" ", words);
  }
}
