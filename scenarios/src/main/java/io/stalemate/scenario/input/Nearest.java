package io.stalemate.scenario.input;

import java.util.List;
import java.util.Optional;

/** The valid name that a mistyped one most likely meant. */
public final class Nearest {

  /** Longer words are compared with nothing: no name of ours is that long. */
  private static final int LENGTH_MAX = 64;
  /** Shorter pieces are in too many names. */
  private static final int PART_MIN = 3;
  private static final int PARTS_MAX = 4;

  private Nearest() {}

  /**
   * Yields the name of least edit distance (insertion, deletion, substitution, neighbour swap), the first of several;
   * empty when even that one differs in more than a third of its characters (or in more than two, if that is more).
   */
  public static Optional<String> to(String given, List<String> names) {
    String best = null;
    int least = Integer.MAX_VALUE;
    for (String name : names) {
      int distance = given.length() > LENGTH_MAX ? Integer.MAX_VALUE : distance(given, name);
      if (distance < least) {
        best = name;
        least = distance;
      }
    }
    return best == null || least > Math.max(2, best.length() / 3) ? Optional.empty() : Optional.of(best);
  }

  /** Yields what a message says after an unknown name: the nearest one, else those it is a part of, else all. */
  public static String hint(String given, List<String> names) {
    return hint(given, names, names.isEmpty() ? "none is allowed here" : "allowed: " + String.join(", ", names));
  }

  /** As {@link #hint(String, List)}, but with {@code elsewhere} in place of all names, where they are too many. */
  public static String hint(String given, List<String> names, String elsewhere) {
    return to(given, names).map(name -> "did you mean '" + name + "'?")
        .or(() -> parts(given, names))
        .orElse(elsewhere);
  }

  /** Names that begin with what was given, or else have it somewhere. */
  private static Optional<String> parts(String given, List<String> names) {
    if (given.length() < PART_MIN) {
      return Optional.empty();
    }
    List<String> like = names.stream().filter(name -> name.startsWith(given)).toList();
    if (like.isEmpty()) {
      like = names.stream().filter(name -> name.contains(given)).toList();
    }
    String quoted = String.join(" or ", like.stream().limit(PARTS_MAX).map(name -> "'" + name + "'").toList());
    int more = like.size() - PARTS_MAX;
    return like.isEmpty()
        ? Optional.empty()
        : Optional.of("did you mean " + quoted + (more > 0 ? " (or " + more + " more)?" : "?"));
  }

  /** Optimal string alignment: each pair of neighbours is swapped at most once. */
  private static int distance(String a, String b) {
    int[][] d = new int[a.length() + 1][b.length() + 1];
    for (int i = 0; i <= a.length(); i++) {
      for (int j = 0; j <= b.length(); j++) {
        if (i == 0 || j == 0) {
          d[i][j] = i + j;
          continue;
        }
        int cost = a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1;
        int least = Math.min(d[i - 1][j - 1] + cost, Math.min(d[i - 1][j], d[i][j - 1]) + 1);
        if (i > 1 && j > 1 && a.charAt(i - 1) == b.charAt(j - 2) && a.charAt(i - 2) == b.charAt(j - 1)) {
          least = Math.min(least, d[i - 2][j - 2] + 1);
        }
        d[i][j] = least;
      }
    }
    return d[a.length()][b.length()];
  }
}
