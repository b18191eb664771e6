package io.stalemate.linux.arm64;

import io.stalemate.cpu.StageTwoPte;
import io.stalemate.linux.kvm.MmuMemoryCache;
import org.jspecify.annotations.Nullable;

/**
 * {@code struct stage2_map_data}: what a map walk wants.
 *
 * @param phys byte address that the first byte of the walk maps to, or {@link #PHYS_INVALID}
 * @param attributes leaf attributes
 * @param memcache where table pages come from; null if the walk may not allocate
 * @param invalidPte what every entry becomes if {@code phys} is no address: an owner id, a note, or 0
 * @param forcePte map pages only, where blocks would be possible too
 */
public record StageTwoMap(
    long phys, long attributes, @Nullable MmuMemoryCache memcache, long invalidPte, boolean forcePte) {

  /** {@code KVM_PHYS_INVALID}: the walk makes invalid entries. */
  public static final long PHYS_INVALID = -1L;

  /** Bits of a physical address. */
  private static final int PHYS_BITS = 48;

  /** A walk that makes every entry {@code pte}, which is invalid: page by page, or a block would answer for others. */
  static StageTwoMap ofInvalid(long pte, @Nullable MmuMemoryCache memcache) {
    return new StageTwoMap(PHYS_INVALID, 0, memcache, pte, true);
  }

  /** {@code kvm_phys_is_valid()}: whether the walk maps anything. */
  public boolean physIsValid() {
    return phys >>> PHYS_BITS == 0;
  }

  /**
   * {@code stage2_map_walker_phys_addr()}: where the entry's first byte maps to. Derived from the distance walked, as
   * since 1f0f4a2ef7a5: a counter would run ahead of an entry that is skipped or visited again. No address stays none:
   * were it advanced, it might wrap to one.
   */
  public long physAt(PgtableVisit ctx) {
    return physIsValid() ? phys + (ctx.addr() - ctx.start()) : phys;
  }

  /** What the entry is to become. */
  public long pteAt(PgtableVisit ctx) {
    return physIsValid() ? StageTwoPte.leafOf(physAt(ctx), attributes, ctx.level()) : invalidPte;
  }
}
