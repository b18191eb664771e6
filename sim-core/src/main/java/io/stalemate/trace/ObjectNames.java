package io.stalemate.trace;

import java.util.Map;
import java.util.TreeMap;

/**
 * The names of a run's objects as event lines print them, and the way back. Names alone would not do: frames are named
 * alike and kernel text may give two locks one name; the second object that would print alike gets {@code #2} behind
 * it, and so on in order of creation.
 *
 * <p>Made from a table to which nothing will be added.
 */
final class ObjectNames {

  private final ObjectTable objects;
  private final String[] labels;
  private final String[] suffixes;
  private final TreeMap<String, Integer> singles = new TreeMap<>();
  private final Map<String, Integer> rows = new TreeMap<>();

  ObjectNames(ObjectTable objects) {
    this.objects = objects;
    int groups = objects.groups();
    labels = new String[groups];
    suffixes = new String[groups];
    Map<String, Integer> families = new TreeMap<>();
    for (int group = 1; group < groups; group++) {
      String label = label(group);
      boolean row = objects.isRow(group);
      // Objects that print as x[i] are one family, however they came to be named so.
      int bracket = row || !label.endsWith("]") ? -1 : label.lastIndexOf('[');
      String family = bracket < 0 ? label : label.substring(0, bracket);
      int members = families.merge(family, 1, Integer::sum);
      Map<String, Integer> same = row ? rows : singles;
      boolean taken = same.containsKey(label) || rows.containsKey(family) || row && hasSingle(family);
      String suffix = taken ? "#" + members : "";
      labels[group] = label;
      suffixes[group] = suffix;
      same.put(label + suffix, group);
    }
  }

  private boolean hasSingle(String family) {
    String first = family + "[";
    String next = singles.ceilingKey(first);
    return next != null && next.startsWith(first);
  }

  private String label(int group) {
    String base = Escaped.name(objects.groupName(group));
    long key = objects.key(group);
    if (objects.isRow(group)) {
      return key < 0 ? base + " " + Numbers.hex(-key) : base;
    }
    return objects.isKeyed(group) ? base + "[" + key + "]" : base;
  }

  /** Yields the printed name of {@code id}; empty for {@link ObjectTable#NONE}. */
  String print(int id) {
    if (id == ObjectTable.NONE) {
      return "";
    }
    int group = objects.groupOf(id);
    return objects.isRow(group)
        ? labels[group] + "[" + objects.index(id) + "]" + suffixes[group]
        : labels[group] + suffixes[group];
  }

  /** Yields the id printed as {@code name}. @throws IllegalArgumentException if there is none */
  int find(String name) {
    if (name.isEmpty()) {
      return ObjectTable.NONE;
    }
    Integer single = singles.get(name);
    if (single != null) {
      return objects.first(single);
    }
    int open = name.lastIndexOf('[');
    int close = name.lastIndexOf(']');
    if (open >= 0 && close > open) {
      Integer row = rows.get(name.substring(0, open) + name.substring(close + 1));
      long index = row == null ? -1 : Numbers.parse(name.substring(open + 1, close));
      if (row != null && index >= 0 && index < objects.length(row)) {
        return objects.first(row) + (int) index;
      }
    }
    throw new IllegalArgumentException("no object '" + name + "'");
  }
}
