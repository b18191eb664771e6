package io.stalemate.linux.mm;

import io.stalemate.machine.Machine;
import io.stalemate.machine.Pages;
import io.stalemate.machine.Word;
import io.stalemate.machine.WordArray;
import java.util.Optional;

/**
 * A swap device and its swap cache. model: every hva page has a slot of its own. A page in the cache is shared between
 * the task that swaps and faults on the entry; only the cache's owner may write the slot.
 */
public final class SwapSpace {
  private final WordArray cache;
  private final WordArray slots;

  // mte_pages: whether tags are kept for a slot; and the tags.
  private final Optional<WordArray> mtePages;
  private final Optional<WordArray> mteTags;

  /** @param mte whether pages have tags */
  SwapSpace(Machine m, int hvaPages, boolean mte) {
    this.mtePages = mte ? Optional.of(m.words("mte_pages", hvaPages)) : Optional.empty();
    this.mteTags = mte ? Optional.of(m.words("mte_tags", hvaPages * Pages.TAG_WORDS)) : Optional.empty();
    this.cache = m.words("swap_cache", hvaPages);
    this.slots = m.words("swap_slot", hvaPages);
  }

  /** {@code swapper_space}: the frame that holds the slot's data, or 0. The cache holds a reference to it. */
  Word cache(long slot) {
    return cache.at((int) slot);
  }

  /** By slot: 1 if tags are kept for it. With MTE only. */
  WordArray mtePages() {
    return mtePages.orElseThrow();
  }

  /** Tag word {@code i} of those kept for {@code slot}. */
  Word tag(long slot, int i) {
    return mteTags.orElseThrow().at((int) slot * Pages.TAG_WORDS + i);
  }

  /** The data on the device: one token. */
  Word data(long slot) {
    return slots.at((int) slot);
  }
}
