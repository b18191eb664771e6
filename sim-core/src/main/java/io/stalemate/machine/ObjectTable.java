package io.stalemate.machine;

import org.jspecify.annotations.Nullable;

/**
 * Objects by number. Kernel text shares numbers in words where the kernel shares pointers; this is what they point to.
 * An entry never changes once it is there, so nobody can tell when it came: it is no shared state, looking it up is no
 * event, and callers need no lock.
 *
 * <p>Whoever learned a number from a word finds its object, whatever the word's access mode: a look that finds nothing
 * is taken again under the monitor that entries are added under.
 */
public final class ObjectTable<T> {

  private static final int CHUNK_SHIFT = 6;
  private static final int CHUNK = 1 << CHUNK_SHIFT;

  // Stored again after each entry, which publishes it.
  private volatile @Nullable Object[] @Nullable [] chunks = new @Nullable Object[0][];
  // Guarded by this.
  private int size;

  /** The number after the largest that has an object. */
  public synchronized int size() {
    return size;
  }

  /** Gives {@code object} the next number, which it yields. */
  public synchronized int add(T object) {
    putIfAbsent(size, object);
    return size - 1;
  }

  /** Gives {@code object} the number {@code index}, unless another has it; yields the one that has it. */
  public synchronized T putIfAbsent(int index, T object) {
    T before = look(index);
    if (before != null) {
      return before;
    }
    @Nullable Object[] @Nullable [] all = chunks;
    int at = index >> CHUNK_SHIFT;
    if (at >= all.length) {
      all = new @Nullable Object[at + 1][];
      System.arraycopy(chunks, 0, all, 0, chunks.length);
    }
    @Nullable Object[] chunk = all[at];
    if (chunk == null) {
      chunk = new @Nullable Object[CHUNK];
      all[at] = chunk;
    }
    chunk[index & CHUNK - 1] = object;
    chunks = all;
    size = Math.max(size, index + 1);
    return object;
  }

  /** Yields the object with number {@code index}, not negative; null if there is none. */
  public @Nullable T find(int index) {
    T found = look(index);
    return found != null ? found : findLocked(index);
  }

  /** Yields the object with number {@code index}, which is there. */
  public T get(int index) {
    T found = find(index);
    if (found == null) {
      throw new IllegalArgumentException("no object has number " + index);
    }
    return found;
  }

  private synchronized @Nullable T findLocked(int index) {
    return look(index);
  }

  @SuppressWarnings("unchecked")
  private @Nullable T look(int index) {
    @Nullable Object[] @Nullable [] all = chunks;
    int at = index >> CHUNK_SHIFT;
    @Nullable Object[] chunk = at < all.length ? all[at] : null;
    return chunk == null ? null : (T) chunk[index & CHUNK - 1];
  }
}
