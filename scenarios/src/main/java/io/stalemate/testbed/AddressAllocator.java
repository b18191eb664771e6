package io.stalemate.testbed;

import io.stalemate.linux.Errno;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Hands out pages of one address space, guest physical or guest virtual, so that nothing that a VMM places lies on
 * anything else. Memslots alone cannot tell what is free: a device such as the GIC is none. So whoever knows of such a
 * range carves it out, and it is never handed out.
 *
 * <p>The lowest range that fits is taken. Used by one thread at a time: a VMM's own lock is around it.
 */
final class AddressAllocator {

  private final long limit;
  // First page to page after the last, of all that is taken; disjoint.
  private final TreeMap<Long, Long> taken = new TreeMap<>();
  private final TreeMap<Long, Long> carvedOut = new TreeMap<>();

  /** Manages pages 0 to {@code limit}, exclusive. */
  AddressAllocator(long limit) {
    if (limit < 1) {
      throw new IllegalArgumentException("an address space of " + limit + " pages; at least 1 is needed");
    }
    this.limit = limit;
  }

  /** Keeps {@code pages} pages from {@code start} out for ever. Yields 0 or an errno as {@link #reserve} does. */
  int carveOut(long start, long pages) {
    int ret = reserve(start, pages);
    if (ret == 0) {
      carvedOut.put(start, start + pages);
    }
    return ret;
  }

  /**
   * Takes {@code pages} pages at a place that the caller chose.
   *
   * @return 0; {@code -EEXIST} if any of them is taken or carved out; {@code -EINVAL} if they are none, or not all in
   *     the address space
   */
  int reserve(long start, long pages) {
    if (start < 0 || pages < 1 || pages > limit || start > limit - pages) {
      return -Errno.EINVAL;
    }
    if (end(taken.lowerEntry(start + pages)) > start) {
      return -Errno.EEXIST;
    }
    taken.put(start, start + pages);
    return 0;
  }

  /**
   * Takes {@code pages} pages wherever they are free.
   *
   * @param align the first page is a multiple of this, a power of two
   * @return the first page; {@code -ENOMEM} if there is no such room; {@code -EINVAL} for no pages or another alignment
   */
  long allocate(long pages, long align) {
    if (pages < 1 || Long.bitCount(align) != 1 || align < 1) {
      return -Errno.EINVAL;
    }
    long start = 0;
    while (pages <= limit && start <= limit - pages) {
      long takenEnd = end(taken.lowerEntry(start + pages));
      if (takenEnd <= start) {
        taken.put(start, start + pages);
        return start;
      }
      // The next multiple behind what is in the way; past the largest there is none.
      if (takenEnd > Long.MAX_VALUE - align) {
        break;
      }
      start = (takenEnd + align - 1) & -align;
    }
    return -Errno.ENOMEM;
  }

  /** Gives back what begins at {@code start}. Yields 0, or {@code -ENOENT} if nothing does or it is carved out. */
  int free(long start) {
    if (carvedOut.containsKey(start) || taken.remove(start) == null) {
      return -Errno.ENOENT;
    }
    return 0;
  }

  private static long end(Map.@Nullable Entry<Long, Long> range) {
    return range == null ? 0 : range.getValue();
  }
}
