package io.stalemate.linearizability;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.IntFunction;
import java.util.function.IntUnaryOperator;

/**
 * Draws a history that a {@link Checker} refused, a line an operation: client, operation with result, interval, place
 * in the longest legal prefix. Deterministic.
 */
public final class Drawing {

  private static final int LINES_MAX = 40;
  private static final int COLUMNS_MAX = 64;
  private static final int ABSENT = -1;

  private Drawing() {}

  /**
   * Yields the lines, in the order the operations began. Left out are other parts of the object, what began when the
   * refused operation was over already, and the oldest of more than 40 operations.
   *
   * @param history what the checker refused last
   * @param clients the names of clients
   * @param moments what people call a moment
   */
  public static <S, O> List<String> lines(
      List<Operation<O>> history,
      Specification<S, O> specification,
      Checker<S, O> checker,
      IntFunction<String> clients,
      IntUnaryOperator moments) {
    Operation<O> stuck = history.get(checker.stuck());
    int[] places = new int[history.size()];
    Arrays.fill(places, ABSENT);
    int[] order = checker.order();
    for (int i = 0; i < order.length; i++) {
      places[order[i]] = i + 1;
    }
    List<Integer> shown = new ArrayList<>();
    for (int i = 0; i < history.size(); i++) {
      Operation<O> operation = history.get(i);
      if (specification.key(operation.what()) == specification.key(stuck.what()) && operation.begin() <= stuck.end()) {
        shown.add(i);
      }
    }
    shown.sort((a, b) -> Integer.compare(history.get(a).begin(), history.get(b).begin()));
    List<String> lines = new ArrayList<>();
    if (shown.size() > LINES_MAX) {
      lines.add("(" + (shown.size() - LINES_MAX) + " operations before)");
      shown = shown.subList(shown.size() - LINES_MAX, shown.size());
    }
    int[] columns = columns(history, shown, stuck.end());
    List<String[]> rows = new ArrayList<>();
    for (int i : shown) {
      Operation<O> operation = history.get(i);
      rows.add(new String[] {
          clients.apply(operation.client()),
          specification.text(operation.what()),
          moments.applyAsInt(operation.begin()) + ".."
              + (operation.pending() ? "" : moments.applyAsInt(operation.end())),
          bar(operation, columns),
          i == checker.stuck() ? "no legal place" : places[i] == ABSENT ? "-" : "#" + places[i]});
    }
    addAligned(lines, rows);
    return lines;
  }

  private static void addAligned(List<String> lines, List<String[]> rows) {
    for (String[] row : rows) {
      StringBuilder line = new StringBuilder();
      for (int column = 0; column < row.length; column++) {
        int at = column;
        int width = rows.stream().mapToInt(other -> other[at].length()).max().orElse(0);
        line.append(row[column]).append(" ".repeat(width - row[column].length())).append("  ");
      }
      lines.add(line.toString().stripTrailing());
    }
  }

  /** The different moments up to {@code last} at which something begins or ends, sorted. */
  private static <O> int[] columns(List<Operation<O>> history, List<Integer> shown, int last) {
    return shown.stream()
        .flatMapToInt(i -> Arrays.stream(new int[] {history.get(i).begin(), Math.min(history.get(i).end(), last)}))
        .sorted().distinct().toArray();
  }

  /** An operation as a line over the moments; nothing if they are too many to be drawn. */
  private static String bar(Operation<?> operation, int[] columns) {
    if (columns.length > COLUMNS_MAX) {
      return "";
    }
    StringBuilder bar = new StringBuilder();
    for (int moment : columns) {
      boolean first = moment == operation.begin();
      boolean last = moment == operation.end();
      boolean inside = operation.begin() < moment && moment < operation.end();
      bar.append(first && last ? '|' : first ? '[' : last ? ']' : inside ? '-' : ' ');
    }
    return bar.toString();
  }
}
