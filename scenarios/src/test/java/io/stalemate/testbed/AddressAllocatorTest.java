package io.stalemate.testbed;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.stalemate.linux.Errno;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class AddressAllocatorTest {

  private final AddressAllocator addresses = new AddressAllocator(16);

  @Test
  void theLowestRoomIsTakenAndAlignmentKept() {
    assertThat(addresses.allocate(1, 1)).isZero();
    assertThat(addresses.allocate(4, 4)).isEqualTo(4);
    assertThat(addresses.allocate(2, 1)).isEqualTo(1);
    assertThat(addresses.allocate(2, 2)).isEqualTo(8);
  }

  @Test
  void carveOutsAreNeverHandedOutNorGivenBack() {
    assertThat(addresses.carveOut(0, 3)).isZero();
    assertThat(addresses.carveOut(8, 2)).isZero();
    assertThat(addresses.allocate(5, 1)).isEqualTo(3);
    assertThat(addresses.allocate(6, 1)).isEqualTo(10);
    assertThat(addresses.allocate(1, 1)).isEqualTo(-Errno.ENOMEM);
    assertThat(addresses.free(8)).isEqualTo(-Errno.ENOENT);
    assertThat(addresses.reserve(9, 1)).isEqualTo(-Errno.EEXIST);
  }

  @Test
  void whatIsGivenBackIsHandedOutAgain() {
    assertThat(addresses.allocate(16, 16)).isZero();
    assertThat(addresses.allocate(1, 1)).isEqualTo(-Errno.ENOMEM);
    assertThat(addresses.free(0)).isZero();
    assertThat(addresses.free(0)).isEqualTo(-Errno.ENOENT);
    assertThat(addresses.allocate(1, 1)).isZero();
  }

  @Test
  void aChosenPlaceMustBeFreeAndInTheSpace() {
    assertThat(addresses.reserve(4, 4)).isZero();
    assertThat(addresses.reserve(0, 4)).as("up to it").isZero();
    assertThat(addresses.reserve(8, 8)).as("behind it, to the end").isZero();
    assertThat(addresses.reserve(7, 1)).isEqualTo(-Errno.EEXIST);
    assertThat(addresses.reserve(15, 2)).isEqualTo(-Errno.EINVAL);
    assertThat(addresses.reserve(-1, 1)).isEqualTo(-Errno.EINVAL);
    assertThat(addresses.reserve(0, 0)).isEqualTo(-Errno.EINVAL);
    assertThat(addresses.reserve(1, Long.MAX_VALUE)).isEqualTo(-Errno.EINVAL);
  }

  @Test
  void wrongQuestionsAreRefused() {
    assertThat(addresses.allocate(0, 1)).isEqualTo(-Errno.EINVAL);
    assertThat(addresses.allocate(1, 3)).isEqualTo(-Errno.EINVAL);
    assertThat(addresses.allocate(1, 0)).isEqualTo(-Errno.EINVAL);
    assertThat(addresses.allocate(1, Long.MIN_VALUE)).isEqualTo(-Errno.EINVAL);
    assertThat(addresses.allocate(17, 1)).isEqualTo(-Errno.ENOMEM);
    assertThat(addresses.allocate(Long.MAX_VALUE, 1)).isEqualTo(-Errno.ENOMEM);
    assertThatThrownBy(() -> new AddressAllocator(0)).isInstanceOf(IllegalArgumentException.class)
        .hasMessage("an address space of 0 pages; at least 1 is needed");
  }

  @Test
  void alignmentBeyondTheSpaceIsExhaustionAndNotOverflow() {
    assertThat(addresses.reserve(0, 1)).isZero();
    assertThat(addresses.allocate(1, 1L << 62)).isEqualTo(-Errno.ENOMEM);
  }

  /** Random use against a map from page to owner. */
  @Test
  void nothingOverlapsAndNothingFreeIsRefused() {
    Random random = new Random(0x5eed);
    AddressAllocator allocator = new AddressAllocator(64);
    boolean[] taken = new boolean[64];
    allocator.carveOut(20, 5);
    mark(taken, 20, 5, true);
    Map<Long, Long> mine = new TreeMap<>();
    for (int step = 0; step < 20_000; step++) {
      long pages = 1 + random.nextInt(8);
      long align = 1L << random.nextInt(4);
      if (random.nextBoolean() && !mine.isEmpty()) {
        long start = mine.keySet().stream().skip(random.nextInt(mine.size())).findFirst().orElseThrow();
        assertThat(allocator.free(start)).isZero();
        mark(taken, start, mine.remove(start), false);
      } else {
        long expected = lowest(taken, pages, align);
        assertThat(allocator.allocate(pages, align)).isEqualTo(expected);
        if (expected >= 0) {
          mark(taken, expected, pages, true);
          mine.put(expected, pages);
        }
      }
    }
  }

  private static void mark(boolean[] taken, long start, long pages, boolean value) {
    for (long page = start; page < start + pages; page++) {
      assertThat(taken[(int) page]).isNotEqualTo(value);
      taken[(int) page] = value;
    }
  }

  private static long lowest(boolean[] taken, long pages, long align) {
    for (long start = 0; start + pages <= taken.length; start += align) {
      boolean free = true;
      for (long page = start; page < start + pages; page++) {
        free &= !taken[(int) page];
      }
      if (free) {
        return start;
      }
    }
    return -Errno.ENOMEM;
  }
}
