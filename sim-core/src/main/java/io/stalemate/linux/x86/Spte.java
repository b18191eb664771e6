package io.stalemate.linux.x86;

import io.stalemate.cpu.x86.EptGeometry;
import io.stalemate.cpu.x86.EptPte;

/**
 * An SPTE: {@link EptPte} and the bits that hardware ignores and KVM uses, at the positions that EPT gives them.
 * Follows {@code arch/x86/kvm/mmu/spte.h} of v6.12.
 */
public final class Spte {

  /** {@code SPTE_MMU_PRESENT_MASK}: the entry is shadow-present, whatever hardware may do with it. */
  public static final long MMU_PRESENT = 1L << 11;

  /** {@code SPTE_TDP_AD_MASK}, bits 52 and 53: what of accessed and dirty bits the entry uses. */
  public static final long AD_MASK = 3L << 52;
  public static final long AD_ENABLED = 0L << 52;
  /** Accessed and dirty bits are not used. */
  public static final long AD_DISABLED = 1L << 52;
  /** They are used, but dirty pages are found by write-protection. */
  public static final long AD_WRPROT_ONLY = 2L << 52;

  /** Where an access-tracked entry keeps its read and execute permission. */
  public static final int ACC_TRACK_SAVED_SHIFT = 54;
  public static final long ACC_TRACK_SAVED = (EptPte.READ | EptPte.EXEC) << ACC_TRACK_SAVED_SHIFT;

  /** {@code EPT_SPTE_HOST_WRITABLE}: host entry and memslot allow writes. */
  public static final long HOST_WRITABLE = 1L << 57;
  /** {@code EPT_SPTE_MMU_WRITABLE}: nothing needs the page write-protected; W may be set without mmu_lock. */
  public static final long MMU_WRITABLE = 1L << 58;

  /** {@code FROZEN_SPTE} (v6.8: REMOVED_SPTE): only who froze the entry may change it. */
  public static final long FROZEN = 0x5a0;

  /** Value of an entry that is empty. elided: {@code SHADOW_NONPRESENT_VALUE} with SUPPRESS_VE (TDX). */
  public static final long NONPRESENT = 0;

  /** {@code VMX_EPT_MISCONFIG_WX_VALUE}: what marks MMIO. */
  public static final long MMIO_VALUE = EptPte.WRITE | EptPte.EXEC;
  private static final long MMIO_MASK = EptPte.RWX | MMU_PRESENT;

  /** Bits of the memslot generation that an MMIO SPTE holds. */
  public static final int MMIO_GEN_BITS = 19;
  /** {@code MMIO_SPTE_GEN_MASK}. */
  public static final long MMIO_GEN_MASK = (1L << MMIO_GEN_BITS) - 1;
  private static final int GEN_LOW_START = 3;
  private static final int GEN_LOW_BITS = 8;
  private static final int GEN_HIGH_START = 52;

  private Spte() {}

  /** {@code is_shadow_present_pte()}. */
  public static boolean shadowPresent(long spte) {
    return (spte & MMU_PRESENT) != 0;
  }

  /** {@code is_large_pte()}. */
  public static boolean large(long spte) {
    return (spte & EptPte.LARGE) != 0;
  }

  /** {@code is_last_spte()}: whether a shadow-present entry found at {@code level} is a leaf. */
  public static boolean last(long spte, int level) {
    return level == EptGeometry.LEVEL_4K || large(spte);
  }

  /** A shadow-present leaf. */
  public static boolean leaf(long spte, int level) {
    return shadowPresent(spte) && last(spte, level);
  }

  /** A shadow-present entry that points to a table. */
  public static boolean table(long spte, int level) {
    return shadowPresent(spte) && !last(spte, level);
  }

  /** {@code spte_to_pfn()}. */
  public static long pfn(long spte) {
    return EptPte.pfn(spte);
  }

  /** {@code is_frozen_spte()}. */
  public static boolean frozen(long spte) {
    return spte == FROZEN;
  }

  /** {@code is_mmio_spte()}. */
  public static boolean mmio(long spte) {
    return (spte & MMIO_MASK) == MMIO_VALUE && spte != FROZEN;
  }

  /** {@code generation_mmio_spte_mask()} and the rest of an MMIO SPTE. */
  public static long mmioOf(long gfn, long generation) {
    long gen = generation & MMIO_GEN_MASK;
    long low = gen & (1L << GEN_LOW_BITS) - 1;
    long high = gen >>> GEN_LOW_BITS;
    return MMIO_VALUE | low << GEN_LOW_START | high << GEN_HIGH_START | EptPte.address(gfn);
  }

  /** {@code get_mmio_spte_generation()}. */
  public static long mmioGeneration(long spte) {
    long low = spte >>> GEN_LOW_START & (1L << GEN_LOW_BITS) - 1;
    long high = spte >>> GEN_HIGH_START & (1L << MMIO_GEN_BITS - GEN_LOW_BITS) - 1;
    return high << GEN_LOW_BITS | low;
  }

  /** {@code get_mmio_spte_gfn()}. */
  public static long mmioGfn(long spte) {
    return EptPte.pfn(spte);
  }

  /** {@code is_writable_pte()}. */
  public static boolean writable(long spte) {
    return (spte & EptPte.WRITE) != 0;
  }

  /** {@code is_mmu_writable_spte()}. */
  public static boolean mmuWritable(long spte) {
    return (spte & MMU_WRITABLE) != 0;
  }

  /** {@code is_host_writable()}. */
  public static boolean hostWritable(long spte) {
    return (spte & HOST_WRITABLE) != 0;
  }

  /** {@code spte_ad_enabled()}. */
  public static boolean adEnabled(long spte) {
    return (spte & AD_MASK) != AD_DISABLED;
  }

  /** {@code spte_ad_need_write_protect()}. */
  public static boolean adNeedWriteProtect(long spte) {
    return (spte & AD_MASK) != AD_ENABLED;
  }

  /** {@code is_access_track_spte()}: no accessed bit, and hardware finds the entry not present to notice accesses. */
  public static boolean accessTrack(long spte) {
    return !adEnabled(spte) && (spte & EptPte.RWX) == 0;
  }

  /** {@code is_accessed_spte()}. */
  public static boolean accessed(long spte) {
    return adEnabled(spte) ? (spte & EptPte.ACCESSED) != 0 : !accessTrack(spte);
  }

  /** {@code is_dirty_spte()}. */
  public static boolean dirty(long spte) {
    return adEnabled(spte) ? (spte & EptPte.DIRTY) != 0 : writable(spte);
  }

  /** {@code mark_spte_for_access_track()}. */
  public static long markForAccessTrack(long spte) {
    if (adEnabled(spte)) {
      return spte & ~EptPte.ACCESSED;
    }
    if (accessTrack(spte)) {
      return spte;
    }
    return spte & ~EptPte.RWX & ~ACC_TRACK_SAVED
        | (spte & (EptPte.READ | EptPte.EXEC)) << ACC_TRACK_SAVED_SHIFT;
  }

  /** {@code restore_acc_track_spte()}. */
  public static long restoreAccTrack(long spte) {
    long saved = spte >>> ACC_TRACK_SAVED_SHIFT & (EptPte.READ | EptPte.EXEC);
    return spte & ~EptPte.RWX & ~ACC_TRACK_SAVED | saved;
  }

  /**
   * {@code spte_has_volatile_bits()}: whether a shadow-present leaf may change under the holder of mmu_lock(w), by the
   * fast path or by hardware.
   */
  public static boolean hasVolatileBits(long spte) {
    if (!writable(spte) && mmuWritable(spte)) {
      return true;
    }
    if (accessTrack(spte)) {
      return true;
    }
    return adEnabled(spte)
        && ((spte & EptPte.ACCESSED) == 0 || writable(spte) && (spte & EptPte.DIRTY) == 0);
  }
}
