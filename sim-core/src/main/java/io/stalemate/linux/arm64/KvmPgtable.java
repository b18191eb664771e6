package io.stalemate.linux.arm64;

import static io.stalemate.linux.Errno.ERANGE;

import io.stalemate.cpu.StageTwoGeometry;
import io.stalemate.cpu.StageTwoPte;
import io.stalemate.linux.kvm.MmuMemoryCache;
import io.stalemate.machine.KernelFunction;
import io.stalemate.machine.Machine;
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
 * <p>A table page's reference count is one more than its entries that are not empty, which every change keeps.
 */
public abstract class KvmPgtable {

  protected final Machine m;
  protected final StageTwoGeometry geometry;
  protected final TablePages mmOps;
  protected final KvmTlb tlb;
  protected final int vmid;
  private final long pgd;

  /** The table of {@code vmid} whose empty root page is {@code pgd}. */
  protected KvmPgtable(TablePages mmOps, KvmTlb tlb, int vmid, long pgd) {
    this.m = mmOps.machine();
    this.geometry = mmOps.geometry();
    this.mmOps = mmOps;
    this.tlb = tlb;
    this.vmid = vmid;
    this.pgd = pgd;
  }

  /** A leaf as {@link #getLeaf} finds it: the entry the walk ended at, valid or not, and its level. */
  public record Leaf(long pte, int level) {}

  /**
   * Maps {@code size} bytes at {@code addr} to {@code phys}, with blocks where size and alignment allow.
   *
   * @param memcache where table pages come from, or null if none may be needed
   * @return {@code -EAGAIN} if the entry already maps the same but for permissions, or a race was lost; {@code -ENOMEM}
   */
  public abstract int stage2Map(
      long addr, long size, long phys, int prot, @Nullable MmuMemoryCache memcache, int flags);

  /** Unmaps {@code size} bytes at {@code addr}, frees tables left empty, and drops the translations. Exclusive only. */
  public abstract int stage2Unmap(long addr, long size);

  /** Sets the access flag of the leaf at {@code addr}; yields the entry as it was before, or 0 if there is no leaf. */
  public abstract long stage2Mkyoung(long addr, int flags);

  /** Whether a leaf of {@code size} bytes at {@code addr} has the access flag; with {@code mkold} clears it. */
  public abstract boolean stage2TestClearYoung(long addr, long size, boolean mkold);

  /** Adds the permissions {@code prot} to the leaf at {@code addr}; {@code cpu} is the caller's. */
  public abstract int stage2RelaxPerms(long addr, int prot, int flags, int cpu);

  /** Takes write permission from the leaves of {@code size} bytes at {@code addr}. The caller drops translations. */
  public abstract int stage2Wrprotect(long addr, long size);

  /** Walks the entries of the table {@code table} of {@code level} that cover {@code addr} to {@code end}. */
  protected abstract int walkTable(
      long table, int level, long addr, long end, long start, boolean anchored, PgtableWalker walker);

  /** Frame of the root table. */
  public long pgd() {
    return pgd;
  }

  /** The table's shape. */
  public StageTwoGeometry geometry() {
    return geometry;
  }

  /** Walks the entries that cover {@code size} bytes from {@code addr}. */
  @KernelFunction(
      value = "kvm_pgtable_walk",
      file = "arch/arm64/kvm/hyp/pgtable.c",
      version = "v5.15-v6.12",
      elided = "concatenated root tables")
  public int walk(long addr, long size, PgtableWalker walker) {
    long start = addr & -StageTwoGeometry.PAGE_SIZE;
    long end = (addr + size + StageTwoGeometry.PAGE_SIZE - 1) & -StageTwoGeometry.PAGE_SIZE;
    if (start < 0 || end < start || end > 1L << geometry.ipaBits()) {
      return -ERANGE;
    }
    return walkTable(pgd, geometry.firstLevel(), start, end, start, false, walker);
  }

  /** The leaf at {@code addr}. Only {@code mmu_lock} makes the answer last. */
  @KernelFunction(
      value = "kvm_pgtable_get_leaf",
      file = "arch/arm64/kvm/hyp/pgtable.c",
      version = "v5.15-v6.12")
  public Leaf getLeaf(long addr) {
    long[] leaf = {0, StageTwoGeometry.LAST_LEVEL};
    walk(addr & -StageTwoGeometry.PAGE_SIZE, StageTwoGeometry.PAGE_SIZE, new PgtableWalker((ctx, visit) -> {
      leaf[0] = ctx.old();
      leaf[1] = ctx.level();
      return 0;
    }, PgtableWalker.LEAF));
    return new Leaf(leaf[0], (int) leaf[1]);
  }

  /** {@code stage2_pte_is_counted()}: an entry holds a reference on its table unless it is empty; notes do too. */
  static boolean stage2PteIsCounted(long pte) {
    return pte != 0;
  }

  /** {@code stage2_pte_needs_update()}: whether the change is more than one of permissions (694d071f8d85). */
  protected boolean stage2PteNeedsUpdate(long old, long pte) {
    if (!StageTwoPte.valid(old) || !StageTwoPte.valid(pte)) {
      return true;
    }
    return ((old ^ pte) & ~StageTwoPte.PERMISSIONS) != 0;
  }

  /** {@code stage2_leaf_mapping_allowed()}: whether one leaf of the entry's level can do what is left of the map. */
  protected boolean stage2LeafMappingAllowed(PgtableVisit ctx, StageTwoMap data) {
    long granule = geometry.granule(ctx.level());
    if (ctx.level() == 0) {
      // The format has no blocks at level 0.
      return false;
    }
    long phys = data.physAt(ctx);
    return granule <= ctx.end() - ctx.addr() && (phys & (granule - 1)) == 0 && (ctx.addr() & (granule - 1)) == 0;
  }

  /** {@code kvm_pte_follow()}: the table that a table entry points to. */
  protected static long kvmPteFollow(long pte) {
    return StageTwoPte.pfn(pte);
  }

  /** Announces that an entry changed; follows the store. */
  protected void traceSetPte(PgtableVisit ctx, long old, long pte) {
    long gfn = geometry.entryStart(ctx.addr(), ctx.level()) >>> StageTwoGeometry.PAGE_SHIFT;
    m.trace(Tracepoint.S2_SET_PTE, gfn, ctx.level(), old, pte);
  }
}
