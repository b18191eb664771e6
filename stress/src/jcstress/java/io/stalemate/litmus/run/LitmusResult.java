package io.stalemate.litmus.run;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * How one test went, over all its configurations.
 *
 * @param test name of its class
 * @param error why it could not be judged, such as an exception of an actor; empty if it was
 * @param rows its outcomes, seen or not
 * @param configurations number of JVMs it ran in
 */
record LitmusResult(String test, String error, List<Row> rows, int configurations) {

  LitmusResult {
    rows = List.copyOf(rows);
  }

  /** What an outcome is, as its test says. */
  enum Grade { ACCEPTABLE, INTERESTING, FORBIDDEN }

  /**
   * One outcome.
   *
   * @param outcome the actors' results
   * @param count how often it was seen
   * @param reason the test's own words
   */
  record Row(String outcome, long count, Grade grade, String reason) {}

  /** Whether it was judged, and no forbidden outcome was seen. */
  boolean passed() {
    return error.isEmpty() && seen(Grade.FORBIDDEN).isEmpty();
  }

  /** The outcomes of {@code grade} that were seen. */
  List<Row> seen(Grade grade) {
    return rows.stream().filter(row -> row.grade == grade && row.count > 0).toList();
  }

  /** Number of samples. */
  long samples() {
    return rows.stream().mapToLong(Row::count).sum();
  }

  /** The outcomes as a table, one line each. */
  List<String> table() {
    int outcomeWidth = 0;
    for (Row row : rows) {
      outcomeWidth = Math.max(outcomeWidth, row.outcome.length());
    }
    List<String> lines = new ArrayList<>();
    for (Row row : rows) {
      lines.add(String.format(Locale.ROOT, "%" + Math.max(1, outcomeWidth) + "s %,13d %9.4f %%  %-11s  %s",
          row.outcome, row.count, samples() == 0 ? 0 : 100.0 * row.count / samples(),
          row.grade.name().toLowerCase(Locale.ROOT), row.reason));
    }
    return lines;
  }
}
