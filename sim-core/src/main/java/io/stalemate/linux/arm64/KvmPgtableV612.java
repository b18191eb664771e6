package io.stalemate.linux.arm64;

import static io.stalemate.linux.Errno.EAGAIN;

import io.stalemate.machine.KernelFunction;

/**
 * The stage-2 table of v6.12: as {@link KvmPgtableV62}, with invalidation by range where the CPUs have it, and
 * permission relaxation that bothers only the faulting CPU.
 */
public class KvmPgtableV612 extends KvmPgtableV62 {

  private final boolean fwb;

  /**
   * The table of {@code vmid} whose empty root page is {@code pgd}.
   *
   * @param fwb whether the CPUs have FEAT_S2FWB, so that unmap needs no cache maintenance leaf by leaf
   */
  public KvmPgtableV612(TablePages mmOps, KvmTlb tlb, int vmid, long pgd, boolean fwb) {
    super(mmOps, tlb, vmid, pgd);
    this.fwb = fwb;
  }

  @Override
  protected void flushBrokenTable(PgtableVisit ctx) {
    long start = geometry.entryStart(ctx.addr(), ctx.level());
    tlb.kvmTlbFlushVmidRange(vmid, start, geometry.granule(ctx.level()));
  }

  @Override
  @KernelFunction(
      value = "kvm_pgtable_stage2_unmap",
      file = "arch/arm64/kvm/hyp/pgtable.c",
      version = "v6.6-v6.12")
  public int stage2Unmap(long addr, long size) {
    int ret = super.stage2Unmap(addr, size);
    if (stage2UnmapDeferTlbFlush()) {
      // One operation for all leaves, still inside mmu_lock: the caller frees pages only after it.
      tlb.kvmTlbFlushVmidRange(vmid, addr, size);
    }
    return ret;
  }

  /** {@code stage2_unmap_defer_tlb_flush()}. */
  protected boolean stage2UnmapDeferTlbFlush() {
    return tlb.systemSupportsTlbRange() && fwb;
  }

  @Override
  protected void flushUnmappedLeaf(PgtableVisit ctx) {
    if (!stage2UnmapDeferTlbFlush()) {
      super.flushUnmappedLeaf(ctx);
    }
  }

  @Override
  @KernelFunction(
      value = "kvm_pgtable_stage2_relax_perms",
      file = "arch/arm64/kvm/hyp/pgtable.c",
      version = "v6.4-v6.12")
  public int stage2RelaxPerms(long addr, int prot, int flags, int cpu) {
    long[] leaf = {0, KvmTlb.TLBI_TTL_UNKNOWN};
    int ret = relaxedAttrs(addr, prot, flags, leaf);
    if (ret == 0 || ret == -EAGAIN) {
      // Other CPUs that cached the denying translation take one more fault of their own. After a lost race too: the
      // winner flushed its own CPU alone.
      tlb.kvmTlbFlushVmidIpaNsh(cpu, vmid, addr, (int) leaf[1]);
    }
    return ret;
  }
}
