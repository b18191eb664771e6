package io.stalemate.linux.mm;

import io.stalemate.machine.Machine;
import io.stalemate.machine.Word;
import io.stalemate.machine.WordArray;

/**
 * A swap device and its swap cache. model: every hva page has a slot of its own. A page in the cache is shared between
 * the task that swaps and faults on the entry; only the cache's owner may write the slot.
 */
public final class SwapSpace {
  private final WordArray cache;
  private final WordArray slots;

  SwapSpace(Machine m, int hvaPages) {
    this.cache = m.words("swap_cache", hvaPages);
    this.slots = m.words("swap_slot", hvaPages);
  }

  /** {@code swapper_space}: the frame that holds the slot's data, or 0. The cache holds a reference to it. */
  Word cache(long slot) {
    return cache.at((int) slot);
  }

  /** The data on the device: one token. */
  Word data(long slot) {
    return slots.at((int) slot);
  }
}
