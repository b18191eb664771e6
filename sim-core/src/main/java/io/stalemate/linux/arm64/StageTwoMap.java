package io.stalemate.linux.arm64;

import io.stalemate.linux.kvm.MmuMemoryCache;
import org.jspecify.annotations.Nullable;

/**
 * {@code struct stage2_map_data}: what a map walk wants.
 *
 * @param phys byte address that the first byte of the walk maps to
 * @param attributes leaf attributes
 * @param memcache where table pages come from; null if the walk may not allocate
 */
public record StageTwoMap(long phys, long attributes, @Nullable MmuMemoryCache memcache) {

  /**
   * {@code stage2_map_walker_phys_addr()}: where the entry's first byte maps to. Derived from the distance walked, as
   * since 1f0f4a2ef7a5: a counter would run ahead of an entry that is skipped or visited again.
   */
  public long physAt(PgtableVisit ctx) {
    return phys + (ctx.addr() - ctx.start());
  }
}
