package io.stalemate.trace;

import java.util.Locale;

/**
 * The object table in a trace file: one line a group, for example {@code #  word page->_refcount key=256},
 * {@code #  word host_pte row=16}, {@code #  word table pfn=0x101 row=4}.
 */
final class ObjectLines {

  /** Starts each line. */
  static final String START = "#  ";

  /** Objects a file may name: far more than a run has, few enough for a hostile file to do no harm. */
  static final int OBJECTS_MAX = 1_000_000;

  private ObjectLines() {}

  /** Yields the line of group {@code group}. */
  static String write(ObjectTable objects, int group) {
    StringBuilder line = new StringBuilder(START)
        .append(objects.groupKind(group).name().toLowerCase(Locale.ROOT))
        .append(' ')
        .append(Escaped.name(objects.groupName(group)));
    long key = objects.key(group);
    if (objects.isRow(group)) {
      if (key != 0) {
        line.append(" pfn=").append(Numbers.hex(-key));
      }
      line.append(" row=").append(objects.length(group));
    } else if (objects.isKeyed(group)) {
      line.append(" key=").append(key);
    }
    return line.toString();
  }

  /** Adds the group of {@code line}. @throws IllegalArgumentException if it is no object line, with the reason */
  static void read(ObjectTable objects, String line) {
    if (objects.size() >= OBJECTS_MAX) {
      throw new IllegalArgumentException("more than " + OBJECTS_MAX + " objects");
    }
    String[] words = line.substring(START.length()).split(" ", -1);
    if (words.length < 2 || words.length > 4) {
      throw new IllegalArgumentException("not an object: kind, name, and key=, row= or pfn= and row=");
    }
    ObjectKind kind = kind(words[0]);
    String name = Escaped.undo(words[1]);
    if (words.length == 2) {
      objects.add(kind, name);
    } else if (words.length == 3 && words[2].startsWith("key=")) {
      objects.add(kind, name, Numbers.parse(words[2].substring(4)));
    } else if (words.length == 3 && words[2].startsWith("row=")) {
      objects.addRow(kind, name, length(objects, words[2]));
    } else if (words.length == 4 && words[2].startsWith("pfn=") && words[3].startsWith("row=")) {
      objects.addPage(name, Numbers.parse(words[2].substring(4)), length(objects, words[3]));
    } else {
      throw new IllegalArgumentException("not an object: '" + words[2] + "'");
    }
    if (!write(objects, objects.groups() - 1).equals(line)) {
      throw new IllegalArgumentException("should read '" + write(objects, objects.groups() - 1) + "'");
    }
  }

  private static ObjectKind kind(String word) {
    for (ObjectKind kind : ObjectKind.values()) {
      if (kind.name().toLowerCase(Locale.ROOT).equals(word)) {
        return kind;
      }
    }
    throw new IllegalArgumentException("no kind of object '" + word + "'");
  }

  private static int length(ObjectTable objects, String word) {
    long length = Numbers.parse(word.substring("row=".length()));
    if (length < 0 || length > OBJECTS_MAX - objects.size()) {
      throw new IllegalArgumentException("more than " + OBJECTS_MAX + " objects");
    }
    return (int) length;
  }
}
