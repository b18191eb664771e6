package io.stalemate.session;

import io.stalemate.scenario.input.Nearest;
import io.stalemate.scenario.input.Refused;
import io.stalemate.scenario.input.Safe;
import io.stalemate.strategy.Pct;
import io.stalemate.strategy.RandomWalk;
import io.stalemate.strategy.Strategy;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The strategies that a run can ask for, by name. */
public final class Strategies {

  /** A row of {@code stalemate list strategies}. */
  public record Row(String name, String token, String title) {}

  private static final Pattern PCT = Pattern.compile("(f?)pct([1-9]\\d?)?");
  private static final int DEPTH_DEFAULT = 3;
  private static final int DEPTH_MAX = 20;

  private Strategies() {}

  /** Yields what there is. */
  public static List<Row> rows() {
    return List.of(
        new Row("random", "rnd", "uniform walk: every task that can proceed is equally likely at each step"),
        new Row("pct<d>", "pct<d>",
            "random priorities with d - 1 random drops; finds a bug of depth d with known odds"),
        new Row("fpct<d>", "fpct<d>", "PCT for the length of a usual run, then a uniform walk, so that every run ends"),
        new Row("replay", "sx1 tokens", "follows a schedule; used by replay, show and trace files"));
  }

  /** Yields the name as tokens have it: {@code random} is {@code rnd}, {@code pct} is {@code pct3}. */
  public static String tokenName(String name) {
    if (name.equals("random") || name.equals("rnd")) {
      return "rnd";
    }
    Matcher pct = PCT.matcher(name);
    if (!pct.matches()) {
      throw Refused.usage("unknown strategy " + Safe.quote(name) + "; "
          + Nearest.hint(name, List.of("random", "pct3", "fpct3"),
              "allowed: random, pct<d> or fpct<d> with a depth d from 1 to " + DEPTH_MAX + ", for example pct3"));
    }
    int depth = pct.group(2) == null ? DEPTH_DEFAULT : Integer.parseInt(pct.group(2));
    if (depth > DEPTH_MAX) {
      throw Refused.usage(
          "strategy " + Safe.quote(name) + " of depth " + depth + "; at most " + DEPTH_MAX + " is allowed");
    }
    return pct.group(1) + "pct" + depth;
  }

  /** Yields the strategy of that name for runs of about {@code stepsExpected} steps. */
  public static Strategy of(String name, int stepsExpected) {
    String token = tokenName(name);
    if (token.equals("rnd")) {
      return new RandomWalk();
    }
    boolean fair = token.startsWith("f");
    int depth = Integer.parseInt(token.substring(fair ? 4 : 3));
    return new Pct(depth, stepsExpected, fair);
  }
}
