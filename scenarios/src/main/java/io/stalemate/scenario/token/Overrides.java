package io.stalemate.scenario.token;

import io.stalemate.scenario.input.Refused;
import io.stalemate.scenario.input.Safe;
import java.util.Collections;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.regex.Pattern;

/**
 * What a run changes in its scenario: {@code ,key=value} after the name, keys ascending, at most 8. Known keys are
 * {@code era} (dots written as hyphens: {@code v6-12}), {@code race} and {@code f}, the digest of a scenario file that
 * is not built in; the runner defines others.
 *
 * @param values iterates in ascending order of the keys
 */
public record Overrides(SortedMap<String, String> values) {

  public static final int COUNT_MAX = 8;

  /** No overrides. */
  public static final Overrides NONE = new Overrides(Collections.emptySortedMap());

  private static final Pattern KEY = Pattern.compile("[a-z][a-z0-9-]{0,15}");
  private static final Pattern VALUE = Pattern.compile("[a-z0-9-]{1,40}");

  /** Refuses (usage) keys and values of the wrong form, and more than 8. */
  public Overrides {
    values = Collections.unmodifiableSortedMap(new TreeMap<>(values));
    if (values.size() > COUNT_MAX) {
      throw Refused.usage(values.size() + " overrides; at most " + COUNT_MAX + " are allowed");
    }
    for (Map.Entry<String, String> entry : values.entrySet()) {
      if (!KEY.matcher(entry.getKey()).matches() || !VALUE.matcher(entry.getValue()).matches()) {
        throw Refused.usage("override " + Safe.quote(entry.getKey() + "=" + entry.getValue())
            + "; key=value of a-z 0-9 - is allowed");
      }
    }
  }

  /** Yields the value of {@code key}. */
  public Optional<String> get(String key) {
    return Optional.ofNullable(values.get(key));
  }

  /** Yields these overrides with one more, or another value. */
  public Overrides with(String key, String value) {
    SortedMap<String, String> more = new TreeMap<>(values);
    more.put(key, value);
    return new Overrides(more);
  }

  /** Yields these overrides and a kernel version, for example {@code v6.12}. */
  public Overrides withEra(String era) {
    return with("era", era.replace('.', '-'));
  }

  /** Yields the kernel version, for example {@code v6.12}. */
  public Optional<String> era() {
    return get("era").map(era -> era.replace('-', '.'));
  }

  /** Yields {@code ,key=value} for each override, as tokens have it. */
  public String text() {
    StringBuilder text = new StringBuilder();
    values.forEach((key, value) -> text.append(',').append(key).append('=').append(value));
    return text.toString();
  }

  /** Yields the overrides that {@code text}, as {@link #text} writes it, says; refuses any other. */
  public static Overrides parse(String text) {
    SortedMap<String, String> values = new TreeMap<>();
    for (String part : text.isEmpty() ? new String[0] : text.substring(1).split(",", -1)) {
      int equals = part.indexOf('=');
      if (equals < 0) {
        throw Refused.input("override " + Safe.quote(part) + "; key=value is allowed");
      }
      values.put(part.substring(0, equals), part.substring(equals + 1));
    }
    Overrides overrides = new Overrides(values);
    if (!overrides.text().equals(text)) {
      throw Refused.input("overrides " + Safe.quote(text) + "; each key once, in ascending order, is allowed");
    }
    return overrides;
  }
}
