package io.stalemate.linux.arm64;

import static io.stalemate.linux.Errno.ERANGE;

import io.stalemate.cpu.StageTwoGeometry;
import io.stalemate.cpu.StageTwoPte;
import io.stalemate.machine.KernelFunction;
import io.stalemate.machine.Machine;
import io.stalemate.machine.Tracepoint;

/**
 * The walk of {@code arch/arm64/kvm/hyp/pgtable.c} and what every era does with it in the same way: reading a leaf, and
 * freeing all. How entries are visited is for the eras to say.
 */
public abstract class PgtableWalk {

  protected final Machine m;
  protected final StageTwoGeometry geometry;
  protected final TablePages mmOps;
  protected final KvmTlb tlb;
  protected final int vmid;
  private final long pgd;

  /** The table of {@code vmid} whose empty root page is {@code pgd}. */
  protected PgtableWalk(TablePages mmOps, KvmTlb tlb, int vmid, long pgd) {
    this.m = mmOps.machine();
    this.geometry = mmOps.geometry();
    this.mmOps = mmOps;
    this.tlb = tlb;
    this.vmid = vmid;
    this.pgd = pgd;
  }

  /**
   * A leaf as {@link #getLeaf} finds it.
   *
   * @param ret 0 or a negative errno, then {@code pte} is 0
   * @param pte the entry the walk ended at, valid or not
   * @param level the entry's level
   */
  public record Leaf(int ret, long pte, int level) {

    /** A leaf that was found. */
    public Leaf(long pte, int level) {
      this(0, pte, level);
    }
  }

  /** Walks the entries of the table {@code table} of {@code level} that cover {@code addr} to {@code end}. */
  protected abstract int walkTable(
      long table, int level, long addr, long end, long start, boolean anchored, PgtableWalker walker);

  /** Frame of the root table. */
  public long pgd() {
    return pgd;
  }

  /** {@code pgt->mm_ops}: where the table's pages come from. */
  public TablePages mmOps() {
    return mmOps;
  }

  /** The table's shape. */
  public StageTwoGeometry geometry() {
    return geometry;
  }

  /** Walks the entries that cover {@code size} bytes from {@code addr}, down and up to whole pages. */
  @KernelFunction(
      value = "kvm_pgtable_walk",
      file = "arch/arm64/kvm/hyp/pgtable.c",
      version = "v5.15-v6.12",
      elided = "concatenated root tables")
  public int walk(long addr, long size, PgtableWalker walker) {
    long start = addr & -StageTwoGeometry.PAGE_SIZE;
    long end = (start + size + StageTwoGeometry.PAGE_SIZE - 1) & -StageTwoGeometry.PAGE_SIZE;
    long limit = 1L << geometry.ipaBits();
    // As the kernel: an end that wraps past 0 makes an empty walk.
    if (Long.compareUnsigned(start, limit) > 0 || Long.compareUnsigned(end, limit) > 0) {
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
    int ret = walk(addr & -StageTwoGeometry.PAGE_SIZE, StageTwoGeometry.PAGE_SIZE, new PgtableWalker((ctx, visit) -> {
      leaf[0] = ctx.old();
      leaf[1] = ctx.level();
      return 0;
    }, PgtableWalker.LEAF));
    return new Leaf(ret, leaf[0], (int) leaf[1]);
  }

  /** Frees every table. Nobody walks any more: the caller cleared {@code mmu->pgt} under {@code mmu_lock}. */
  @KernelFunction(
      value = "kvm_pgtable_stage2_destroy",
      file = "arch/arm64/kvm/hyp/pgtable.c",
      version = "v5.15-v6.12",
      elided = "pgt->pgd = NULL: mmu->pgt says the same to all who ask")
  public void stage2Destroy() {
    int ret = walk(0, 1L << geometry.ipaBits(), new PgtableWalker(
        (ctx, visit) -> stage2FreeWalker(ctx), PgtableWalker.LEAF | PgtableWalker.TABLE_POST));
    m.warnOn(ret != 0, "kvm_pgtable_stage2_destroy: walk failed");
    mmOps.freePagesExact(pgd);
  }

  /** {@code stage2_free_walker()}: drops an entry's reference; a table goes with its entries. The entry stays. */
  @KernelFunction(value = "stage2_free_walker", file = "arch/arm64/kvm/hyp/pgtable.c", version = "v5.15-v6.12")
  protected int stage2FreeWalker(PgtableVisit ctx) {
    if (ctx.oldCounted()) {
      mmOps.putPage(ctx.table());
      if (ctx.oldTable()) {
        mmOps.putPage(kvmPteFollow(ctx.old()));
      }
    }
    return 0;
  }

  /** {@code stage2_pte_is_counted()}: an entry holds a reference on its table unless it is empty; notes do too. */
  @KernelFunction(value = "stage2_pte_is_counted", file = "arch/arm64/kvm/hyp/pgtable.c", version = "v5.15-v6.12")
  static boolean stage2PteIsCounted(long pte) {
    return pte != 0;
  }

  /** {@code kvm_pte_follow()}: the table that a table entry points to. */
  @KernelFunction(value = "kvm_pte_follow", file = "arch/arm64/kvm/hyp/pgtable.c", version = "v5.15-v6.12")
  protected static long kvmPteFollow(long pte) {
    return StageTwoPte.pfn(pte);
  }

  /** Announces that an entry changed; follows the store. */
  protected void traceSetPte(PgtableVisit ctx, long old, long pte) {
    long gfn = geometry.entryStart(ctx.addr(), ctx.level()) >>> StageTwoGeometry.PAGE_SHIFT;
    m.trace(Tracepoint.S2_SET_PTE, gfn, ctx.level(), old, pte);
  }
}
