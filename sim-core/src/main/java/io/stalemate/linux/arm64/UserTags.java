package io.stalemate.linux.arm64;

import io.stalemate.machine.Pages;

/**
 * A VMM's buffer of tags, one word for each of {@link Pages#TAG_WORDS} of a page. It is the calling thread's own, so it
 * is no shared memory; user space may have less of it mapped than it says.
 */
public final class UserTags {

  private final long[] tags;
  private final int mapped;

  /**
   * A buffer.
   *
   * @param tags what it holds
   * @param mapped how many of the words are there: touching any other faults
   */
  public UserTags(long[] tags, int mapped) {
    this.tags = tags.clone();
    this.mapped = Math.min(mapped, tags.length);
  }

  /** Whether user memory answers at word {@code index}. */
  boolean faults(int index) {
    return index >= mapped;
  }

  /** Word {@code index}, which must not fault. */
  public long get(int index) {
    return tags[index];
  }

  /** Sets word {@code index}, which must not fault. */
  void put(int index, long tag) {
    tags[index] = tag;
  }
}
