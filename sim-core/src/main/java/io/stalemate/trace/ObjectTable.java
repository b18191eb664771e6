package io.stalemate.trace;

import java.util.Arrays;

/**
 * The shared objects of one run: dense ids in order of creation, and their names. Rows of words take consecutive ids.
 * Names are put together only when somebody asks, so that making an object costs a few stores.
 */
public final class ObjectTable {

  /** Id of "no object": barriers and the like. */
  public static final int NONE = 0;

  private static final long NO_KEY = Long.MIN_VALUE;

  private int[] firsts = new int[64];
  private long[] keys = new long[64];
  private String[] names = new String[64];
  private ObjectKind[] kinds = new ObjectKind[64];
  private int groups;
  private int size;

  /** An empty table. */
  public ObjectTable() {
    clear();
  }

  /** Forgets all objects; ids start again. */
  public void clear() {
    groups = 0;
    size = 0;
    add(ObjectKind.TASK, "-");
  }

  /** Adds one object; yields its id. */
  public int add(ObjectKind kind, String name) {
    return addGroup(kind, name, NO_KEY, 1, false);
  }

  /** Adds one object that prints as {@code name[key]}; yields its id. */
  public int add(ObjectKind kind, String name, long key) {
    return addGroup(kind, name, key, 1, false);
  }

  /** Adds {@code count} objects that print as {@code name[0]}, {@code name[1]}, ...; yields the first id. */
  public int addRow(ObjectKind kind, String name, int count) {
    return addGroup(kind, name, 0, count, true);
  }

  /** Adds {@code count} objects of the page at {@code pfn}, printed as {@code name 0xpfn[0]}, ...; yields the first. */
  public int addPage(String name, long pfn, int count) {
    return addGroup(ObjectKind.WORD, name, -pfn, count, true);
  }

  private int addGroup(ObjectKind kind, String name, long key, int count, boolean row) {
    if (groups == firsts.length) {
      int more = groups * 2;
      firsts = Arrays.copyOf(firsts, more);
      keys = Arrays.copyOf(keys, more);
      names = Arrays.copyOf(names, more);
      kinds = Arrays.copyOf(kinds, more);
    }
    int first = size;
    firsts[groups] = row ? ~first : first;
    keys[groups] = key;
    names[groups] = name;
    kinds[groups] = kind;
    groups++;
    size = first + count;
    return first;
  }

  /** Number of ids in use, {@link #NONE} included. */
  public int size() {
    return size;
  }

  /** Yields what {@code id} is. */
  public ObjectKind kind(int id) {
    return kinds[group(id)];
  }

  /** Yields the name without key or index: the lockdep class of a lock, the field of a word. */
  public String baseName(int id) {
    return names[group(id)];
  }

  /** Yields the full name. */
  public String name(int id) {
    int group = group(id);
    int first = firsts[group];
    long key = keys[group];
    if (first >= 0) {
      return key == NO_KEY ? names[group] : names[group] + "[" + key + "]";
    }
    int index = id - ~first;
    return key < 0
        ? names[group] + " 0x" + Long.toHexString(-key) + "[" + index + "]"
        : names[group] + "[" + index + "]";
  }

  /** Yields the index of {@code id} within its row; 0 for a single object. */
  public int index(int id) {
    int first = firsts[group(id)];
    return first >= 0 ? 0 : id - ~first;
  }

  /** Yields the first id of the first row, or single object, called {@code name}; {@link #NONE} if there is none. */
  public int find(String name) {
    for (int group = 0; group < groups; group++) {
      if (names[group].equals(name)) {
        return first(group);
      }
    }
    return NONE;
  }

  /** Yields how many objects the row that {@code id} belongs to has; 1 for a single object. */
  public int rowLength(int id) {
    return length(group(id));
  }

  /** Number of groups: objects added one by one, and rows. */
  int groups() {
    return groups;
  }

  /** Yields the number of the group that {@code id} belongs to. */
  int groupOf(int id) {
    return group(id);
  }

  /** Yields what the objects of group {@code group} are. */
  ObjectKind groupKind(int group) {
    return kinds[group];
  }

  /** Yields the name of group {@code group} without key or index. */
  String groupName(int group) {
    return names[group];
  }

  /** Yields the first id of group {@code group}. */
  int first(int group) {
    return Math.max(firsts[group], ~firsts[group]);
  }

  /** Yields the number of ids in group {@code group}. */
  int length(int group) {
    return (group + 1 < groups ? first(group + 1) : size) - first(group);
  }

  /** Whether group {@code group} is a row of words or a page. */
  boolean isRow(int group) {
    return firsts[group] < 0;
  }

  /** Whether group {@code group} is one object that prints with a key. */
  boolean isKeyed(int group) {
    return firsts[group] >= 0 && keys[group] != NO_KEY;
  }

  /** Yields the key of a keyed object; of a row 0, or the page's frame number made negative. */
  long key(int group) {
    return keys[group];
  }

  private int group(int id) {
    if (id < 0 || id >= size) {
      throw new IllegalArgumentException("no object " + id + " of " + size);
    }
    int low = 0;
    int high = groups - 1;
    while (low < high) {
      int middle = (low + high + 1) >>> 1;
      int first = firsts[middle];
      if ((first >= 0 ? first : ~first) <= id) {
        low = middle;
      } else {
        high = middle - 1;
      }
    }
    return low;
  }
}
