package io.stalemate.cli;

import io.stalemate.scenario.input.Refused;
import io.stalemate.scenario.input.Safe;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Lengths of time as options have them: {@code 500ms}, {@code 30s}, {@code 10m}, {@code 12h}, {@code 2d}. */
final class Duration {

  private static final Pattern FORM = Pattern.compile("(\\d{1,6})(ms|s|m|h|d)");

  private Duration() {}

  /** Yields the nanoseconds that {@code text} says. */
  static long nanos(String text) {
    Matcher matcher = FORM.matcher(text);
    if (!matcher.matches() || Long.parseLong(matcher.group(1)) == 0) {
      throw Refused.usage("duration " + Safe.quote(text) + "; a number with ms, s, m, h or d is allowed, as in 10m");
    }
    TimeUnit unit = switch (matcher.group(2)) {
      case "ms" -> TimeUnit.MILLISECONDS;
      case "s" -> TimeUnit.SECONDS;
      case "m" -> TimeUnit.MINUTES;
      case "h" -> TimeUnit.HOURS;
      default -> TimeUnit.DAYS;
    };
    return unit.toNanos(Long.parseLong(matcher.group(1)));
  }
}
