package io.stalemate.linux.arm64;

import io.stalemate.cpu.StageTwoGeometry;
import io.stalemate.machine.KernelFunction;
import io.stalemate.machine.Machine;
import io.stalemate.machine.Tlb;

/**
 * {@code arch/arm64/kvm/hyp/nvhe/tlb.c}: stage-2 TLB maintenance. Each function returns once no CPU can use a
 * translation it names any more, nor a walk that read the descriptors before.
 */
public class KvmTlb {

  /** {@code TLBI_TTL_UNKNOWN}: no hint, so that entries of every level and the walk caches go. */
  public static final int TLBI_TTL_UNKNOWN = Tlb.LEVEL_ANY;

  /** Bits of NUM in a range operand. */
  private static final int RANGE_NUM_BITS = 5;

  /** The most pages that one range operand names ({@code MAX_TLBI_RANGE_PAGES}). */
  private static final long MAX_TLBI_RANGE_PAGES = 32L << 16;

  protected final Tlb tlb;
  private final boolean tlbRange;

  /**
   * TLB maintenance for one VM.
   *
   * @param tlbRange whether the CPUs have FEAT_TLBIRANGE
   */
  public KvmTlb(Machine m, boolean tlbRange) {
    this.tlb = m.tlb();
    this.tlbRange = tlbRange;
  }

  /** {@code system_supports_tlb_range()}. */
  public boolean systemSupportsTlbRange() {
    return tlbRange;
  }

  /** Drops the leaf of {@code level} that translates byte address {@code ipa}, on every CPU. */
  @KernelFunction(
      value = "__kvm_tlb_flush_vmid_ipa",
      file = "arch/arm64/kvm/hyp/nvhe/tlb.c",
      version = "v5.15-v6.12",
      elided = "loading and restoring VTTBR_EL2; instruction cache")
  public void kvmTlbFlushVmidIpa(int vmid, long ipa, int level) {
    // The new descriptor must be seen by walks before old translations go. Pairs with the walkers' descriptor loads.
    tlb.dsbIshst();
    tlb.tlbiIpa(vmid, ipa & -StageTwoGeometry.PAGE_SIZE, level);
    tlb.dsb();
    // elided: TLBI VMALLE1IS for combined stage-1 and stage-2 entries; the modelled TLB drops them with the stage-2 one
  }

  /** As {@link #kvmTlbFlushVmidIpa}, on {@code cpu} alone; the other CPUs may go on with the old translation. */
  @KernelFunction(
      value = "__kvm_tlb_flush_vmid_ipa_nsh",
      file = "arch/arm64/kvm/hyp/nvhe/tlb.c",
      version = "v6.4-v6.12",
      elided = "loading and restoring VTTBR_EL2; instruction cache")
  public void kvmTlbFlushVmidIpaNsh(int cpu, int vmid, long ipa, int level) {
    // Pairs with the walkers' descriptor loads on this CPU.
    tlb.dsbIshst();
    tlb.tlbiIpaLocal(cpu, vmid, ipa & -StageTwoGeometry.PAGE_SIZE, level);
    tlb.dsb();
  }

  /** Drops every translation of {@code vmid}, on every CPU. */
  @KernelFunction(
      value = "__kvm_tlb_flush_vmid",
      file = "arch/arm64/kvm/hyp/nvhe/tlb.c",
      version = "v5.15-v6.12",
      elided = "loading and restoring VTTBR_EL2; instruction cache")
  public void kvmTlbFlushVmid(int vmid) {
    // Pairs with the walkers' descriptor loads.
    tlb.dsbIshst();
    tlb.tlbiVmid(vmid);
    tlb.dsb();
  }

  /** Drops every translation of {@code pages} pages from byte address {@code start}, on every CPU. */
  @KernelFunction(
      value = "__kvm_tlb_flush_vmid_range",
      file = "arch/arm64/kvm/hyp/nvhe/tlb.c",
      version = "v6.6-v6.12",
      elided = "loading and restoring VTTBR_EL2; instruction cache")
  public void hypTlbFlushVmidRange(int vmid, long start, long pages) {
    // Pairs with the walkers' descriptor loads.
    tlb.dsbIshst();
    // An operand that is not aligned to the granule would leave the tail behind.
    flushS2TlbRangeOp(vmid, start & -StageTwoGeometry.PAGE_SIZE, pages);
    tlb.dsb();
  }

  /**
   * Issues the invalidations for a range. One operand names {@code (NUM + 1) << (5 * SCALE + 1)} pages, so that several
   * may be needed, of ever smaller scale, and an odd page goes by itself.
   */
  @KernelFunction(
      value = "__flush_s2_tlb_range_op",
      file = "arch/arm64/include/asm/tlbflush.h",
      version = "v6.6-v6.12",
      elided = "LPA2 alignment")
  protected void flushS2TlbRangeOp(int vmid, long start, long pages) {
    long at = start;
    long left = pages;
    for (int scale = rangeScaleMax(); left > 1 && scale >= 0; scale--) {
      int num = rangeNum(left, scale);
      if (num >= 0) {
        long named = (num + 1L) << (RANGE_NUM_BITS * scale + 1);
        tlb.tlbiRange(vmid, at, named);
        at += named << StageTwoGeometry.PAGE_SHIFT;
        left -= named;
      }
    }
    if (left == 1) {
      tlb.tlbiIpa(vmid, at, TLBI_TTL_UNKNOWN);
    }
  }

  /** {@code __TLBI_RANGE_NUM()}: the operand's NUM for as many of {@code pages} as the scale can name; -1 for none. */
  @KernelFunction(value = "__TLBI_RANGE_NUM", file = "arch/arm64/include/asm/tlbflush.h", version = "v6.12")
  protected int rangeNum(long pages, int scale) {
    int shift = RANGE_NUM_BITS * scale + 1;
    return (int) (Math.min(pages, 1L << (RANGE_NUM_BITS + shift)) >>> shift) - 1;
  }

  /** The largest SCALE of an operand. */
  protected int rangeScaleMax() {
    return 3;
  }

  /** Drops every translation of {@code size} bytes from {@code addr}, by range if the CPUs can, else the VM's. */
  @KernelFunction(
      value = "kvm_tlb_flush_vmid_range",
      file = "arch/arm64/kvm/hyp/pgtable.c",
      version = "v6.6-v6.12")
  public void kvmTlbFlushVmidRange(int vmid, long addr, long size) {
    if (!systemSupportsTlbRange()) {
      kvmTlbFlushVmid(vmid);
      return;
    }
    long pages = size >>> StageTwoGeometry.PAGE_SHIFT;
    long at = addr;
    while (pages > 0) {
      long chunk = Math.min(pages, MAX_TLBI_RANGE_PAGES);
      hypTlbFlushVmidRange(vmid, at, chunk);
      at += chunk << StageTwoGeometry.PAGE_SHIFT;
      pages -= chunk;
    }
  }
}
