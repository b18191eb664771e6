package io.stalemate.linux.arm64;

import static io.stalemate.linux.Errno.EINVAL;
import static io.stalemate.linux.Errno.EOPNOTSUPP;

import io.stalemate.cpu.StageTwoGeometry;
import io.stalemate.cpu.StageTwoPte;
import io.stalemate.linux.kvm.MmuMemoryCache;
import io.stalemate.machine.KernelFunction;
import io.stalemate.machine.Tracepoint;
import org.jspecify.annotations.Nullable;

/**
 * {@code struct kvm_pgtable} and {@code arch/arm64/kvm/hyp/pgtable.c}, stage 2: the table of one VM and the operations
 * on it. The walkers differ by era: {@link KvmPgtableV515} excludes all others, {@link KvmPgtableV62} lets faults walk
 * at the same time.
 *
 * <p>Addresses and sizes are in bytes, {@code prot} is of {@link PgtableProt}, {@code flags} of {@link PgtableWalker}
 * ({@code SHARED} with {@code mmu_lock} held for reading at least, none with it held for writing). Results are 0 or a
 * negative errno.
 *
 * <p>A table page's reference count is one more than its entries that are not empty, which every change keeps: valid
 * entries and those that tell an owner or a note, through install, replacement, unmap and the death of the table.
 */
public abstract class KvmPgtable extends PgtableWalk {

  /** {@code KVM_PGTABLE_S2_NOFWB}: do without FEAT_S2FWB even if the CPUs have it. */
  public static final int S2_NOFWB = 1;
  /** {@code KVM_PGTABLE_S2_IDMAP}: every map is of an address to itself. */
  public static final int S2_IDMAP = 1 << 1;

  private final boolean fwb;
  private final int flags;
  private final @Nullable ForcePte forcePteCb;

  /**
   * The table of {@code vmid} whose empty root page is {@code pgd} ({@code __kvm_pgtable_stage2_init()}).
   *
   * @param fwb whether the CPUs have FEAT_S2FWB
   * @param flags of {@link #S2_NOFWB} and {@link #S2_IDMAP}
   * @param forcePteCb says which maps are to be made of pages; null if none
   */
  protected KvmPgtable(TablePages mmOps, KvmTlb tlb, int vmid, long pgd, boolean fwb, int flags,
      @Nullable ForcePte forcePteCb) {
    super(mmOps, tlb, vmid, pgd);
    this.fwb = fwb;
    this.flags = flags;
    this.forcePteCb = forcePteCb;
  }

  /** {@code kvm_pgtable_force_pte_cb_t}. */
  @FunctionalInterface
  public interface ForcePte {

    /** Whether byte addresses {@code addr} to {@code end} with {@code prot} are to be mapped page by page. */
    boolean force(long addr, long end, int prot);
  }

  /**
   * Maps {@code size} bytes at {@code addr} to {@code phys}, with blocks where size and alignment allow.
   *
   * @param memcache where table pages come from, or null if none may be needed
   * @return {@code -EAGAIN} if the entry already maps the same but for permissions, or a race was lost;
   *     {@code -ENOMEM}; {@code -EINVAL} for executable device memory, and for an identity map that is none
   */
  @KernelFunction(value = "kvm_pgtable_stage2_map", file = "arch/arm64/kvm/hyp/pgtable.c", version = "v5.15-v6.12")
  public int stage2Map(long addr, long size, long phys, int prot, @Nullable MmuMemoryCache memcache, int flags) {
    boolean forcePte = forcePteCb != null && forcePteCb.force(addr, addr + size, prot);
    if (m.warnOn((this.flags & S2_IDMAP) != 0 && addr != phys, "kvm_pgtable_stage2_map: not an identity map")) {
      return -EINVAL;
    }
    if ((prot & PgtableProt.X) != 0 && (prot & PgtableProt.DEVICE) != 0) {
      return -EINVAL;
    }
    long start = phys & -StageTwoGeometry.PAGE_SIZE;
    int ret = stage2MapWalk(
        addr, size, new StageTwoMap(start, PgtableProt.leafAttributes(prot), memcache, 0, forcePte), flags);
    // Pairs with the loads of hardware walks: the guest re-executes its access after this.
    m.tlb().dsbIshst();
    return ret;
  }

  /**
   * Notes that {@code size} bytes at {@code addr} belong to {@code ownerId}, page by page; whatever was mapped there
   * goes. Id 0 is the table's own, and leaves empty entries. Exclusive only.
   *
   * @param memcache where table pages come from, or null if none may be needed
   * @return {@code -EINVAL} for an id above {@link #kvmMaxOwnerId}; {@code -ERANGE}; {@code -ENOMEM}
   */
  @KernelFunction(
      value = "kvm_pgtable_stage2_set_owner",
      file = "arch/arm64/kvm/hyp/pgtable.c",
      version = "v5.15-v6.12")
  public int stage2SetOwner(long addr, long size, @Nullable MmuMemoryCache memcache, int ownerId) {
    if (ownerId < 0 || ownerId > kvmMaxOwnerId()) {
      return -EINVAL;
    }
    return stage2MapWalk(addr, size, StageTwoMap.ofInvalid(StageTwoPte.ownedBy(ownerId), memcache), 0);
  }

  /**
   * Leaves {@code note} with the pages of {@code size} bytes at {@code addr}; whatever was mapped there goes. Note 0
   * leaves empty entries. Exclusive only.
   *
   * <p>The walker places the note (bits 63 to 11 of the entry, see {@link StageTwoPte#noted}), so that callers need not
   * keep bit 0 clear, which hardware would take for a translation, nor the bits of owner ids and of locked entries.
   *
   * @param memcache where table pages come from, or null if none may be needed
   * @return {@code -EINVAL} for a note that an entry has no room for; {@code -ERANGE}; {@code -ENOMEM}
   */
  @KernelFunction(
      value = "kvm_pgtable_stage2_annotate",
      file = "arch/arm64/kvm/hyp/pgtable.c",
      version = "MMIO guard v2")
  public int stage2Annotate(long addr, long size, @Nullable MmuMemoryCache memcache, long note) {
    if (note < 0 || note > StageTwoPte.NOTE_MAX) {
      return -EINVAL;
    }
    return stage2MapWalk(addr, size, StageTwoMap.ofInvalid(StageTwoPte.noted(note), memcache), 0);
  }

  /** The walk of {@link #stage2Map}, {@link #stage2SetOwner} and {@link #stage2Annotate}. */
  protected abstract int stage2MapWalk(long addr, long size, StageTwoMap data, int flags);

  /** Unmaps {@code size} bytes at {@code addr}, frees tables left empty, and drops the translations. Exclusive only. */
  public abstract int stage2Unmap(long addr, long size);

  /** Sets the access flag of the leaf at {@code addr}; yields the entry as it was before, or 0 if there is no leaf. */
  public abstract long stage2Mkyoung(long addr, int flags);

  /** Clears the access flag of the leaf at {@code addr}; yields the entry as it was before, or 0 (before v6.6). */
  public abstract long stage2Mkold(long addr);

  /** Whether the leaf at {@code addr} has the access flag (before v6.6). */
  public abstract boolean stage2IsYoung(long addr);

  /**
   * Whether the guest touched {@code size} bytes at {@code addr} since the access flags were cleared, which
   * {@code mkold} does: what the era's {@code kvm_age_gfn()} and {@code kvm_test_age_gfn()} call. Exclusive only.
   */
  public boolean stage2Age(long addr, long size, boolean mkold) {
    // The first page answers for all.
    return mkold ? (stage2Mkold(addr) & StageTwoPte.AF) != 0 : stage2IsYoung(addr);
  }

  /** Adds the permissions {@code prot} to the leaf at {@code addr}; {@code cpu} is the caller's. */
  public abstract int stage2RelaxPerms(long addr, int prot, int flags, int cpu);

  /** Takes write permission from the leaves of {@code size} bytes at {@code addr}. The caller drops translations. */
  public abstract int stage2Wrprotect(long addr, long size);

  /**
   * Replaces the blocks of {@code size} bytes at {@code addr} by tables that map the same, as far as {@code mc} lasts.
   * Exclusive only.
   *
   * @return {@code -ENOMEM} once {@code mc} holds too few pages; {@code -EOPNOTSUPP} before v6.4, model: where the
   *     kernel has no such function
   */
  public int stage2Split(long addr, long size, MmuMemoryCache mc) {
    return -EOPNOTSUPP;
  }

  /** {@code KVM_MAX_OWNER_ID}. */
  protected int kvmMaxOwnerId() {
    return 1;
  }

  /** {@code stage2_has_fwb()}: whether stage 2 forces write-back, so that caches need no maintenance. */
  @KernelFunction(value = "stage2_has_fwb", file = "arch/arm64/kvm/hyp/pgtable.c", version = "v5.15-v6.12")
  protected boolean stage2HasFwb() {
    return fwb && (flags & S2_NOFWB) == 0;
  }

  /** Cleans the data cache of the pages that {@code size} bytes at {@code addr} map. */
  @KernelFunction(
      value = "kvm_pgtable_stage2_flush",
      file = "arch/arm64/kvm/hyp/pgtable.c",
      version = "v5.15-v6.12",
      elided = "the maintenance itself, the modelled caches are coherent; a tracepoint says of what it would be")
  public int stage2Flush(long addr, long size) {
    if (stage2HasFwb()) {
      return 0;
    }
    return walk(addr, size, new PgtableWalker((ctx, visit) -> stage2FlushWalker(ctx), PgtableWalker.LEAF));
  }

  /** Cleans what one leaf maps. */
  @KernelFunction(
      value = "stage2_flush_walker",
      file = "arch/arm64/kvm/hyp/pgtable.c",
      version = "v5.15-v6.12",
      elided = "the maintenance itself")
  protected int stage2FlushWalker(PgtableVisit ctx) {
    if (StageTwoPte.cacheable(ctx.old())) {
      long gfn = geometry.entryStart(ctx.addr(), ctx.level()) >>> StageTwoGeometry.PAGE_SHIFT;
      m.trace(Tracepoint.S2_FLUSH, gfn, StageTwoPte.pfn(ctx.old()), geometry.pages(ctx.level()), 0);
    }
    return 0;
  }

  /** {@code stage2_pte_needs_update()}: whether the change is more than one of permissions (694d071f8d85). */
  @KernelFunction(value = "stage2_pte_needs_update", file = "arch/arm64/kvm/hyp/pgtable.c", version = "v5.15-v6.12")
  protected boolean stage2PteNeedsUpdate(long old, long pte) {
    if (!StageTwoPte.valid(old) || !StageTwoPte.valid(pte)) {
      return true;
    }
    return ((old ^ pte) & ~StageTwoPte.PERMISSIONS) != 0;
  }

  /** {@code stage2_leaf_mapping_allowed()}: whether one leaf of the entry's level can do what is left of the map. */
  @KernelFunction(value = "stage2_leaf_mapping_allowed", file = "arch/arm64/kvm/hyp/pgtable.c", version = "v5.15-v6.12")
  protected boolean stage2LeafMappingAllowed(PgtableVisit ctx, StageTwoMap data) {
    if (data.forcePte() && ctx.level() < StageTwoGeometry.LAST_LEVEL) {
      return false;
    }
    return kvmBlockMappingSupported(ctx, data);
  }

  @KernelFunction(value = "kvm_block_mapping_supported", file = "arch/arm64/kvm/hyp/pgtable.c", version = "v5.15-v6.12")
  private boolean kvmBlockMappingSupported(PgtableVisit ctx, StageTwoMap data) {
    long granule = geometry.granule(ctx.level());
    if (ctx.level() == 0) {
      // The format has no blocks at level 0.
      return false;
    }
    if (granule > ctx.end() - ctx.addr()) {
      return false;
    }
    // An invalid address is aligned to nothing, and need not be.
    if (data.physIsValid() && (data.physAt(ctx) & (granule - 1)) != 0) {
      return false;
    }
    return (ctx.addr() & (granule - 1)) == 0;
  }
}
