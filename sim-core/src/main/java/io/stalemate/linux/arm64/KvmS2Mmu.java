package io.stalemate.linux.arm64;

import io.stalemate.cpu.StageTwoGeometry;
import io.stalemate.linux.kvm.Kvm;
import io.stalemate.machine.Machine;
import io.stalemate.machine.Pages;
import io.stalemate.machine.Tracepoint;
import io.stalemate.machine.Word;

/** {@code struct kvm_s2_mmu}: the stage-2 translation of one VM. */
public class KvmS2Mmu {

  /** The VMID of a world's VM; 0 is the host's. elided: the VMID allocator. */
  public static final int FIRST_VMID = 1;

  private final Machine m;
  private final int vmid;
  private final StageTwoGeometry geometry;
  private final KvmTlb tlb;
  private final KvmPgtable pgtable;
  private final Arm64Text text;

  /**
   * {@code mmu->pgt} as the root table's frame, 0 for NULL. Written and read under {@code mmu_lock}; whoever let go of
   * the lock reads it again.
   */
  private final Word pgt;

  /** An empty translation tagged {@code vmid}. Set-up only. */
  public KvmS2Mmu(Machine m, Arm64Text text, int vmid) {
    this.m = m;
    this.vmid = vmid;
    this.text = text;
    this.geometry = text.geometry();
    this.tlb = text.tlb().link(m, text.features());
    TablePages mmOps = new TablePages(m, geometry);
    long pgd = mmOps.zallocPagesExact();
    if (pgd == Pages.NO_PAGE) {
      throw new IllegalStateException("no page for the stage-2 root table");
    }
    this.pgtable = text.pgtable().link(mmOps, tlb, vmid, pgd, text.features());
    this.pgt = m.word("mmu->pgt", pgd);
    m.trace(Tracepoint.S2_ROOT, vmid, pgd);
  }

  /** Links the MMIO guard of {@code kvm}, whose translation this is. */
  MmioGuard mmioGuard(Kvm kvm) {
    return text.mmioGuard().link(kvm, this);
  }

  /** The VMID. */
  public int vmid() {
    return vmid;
  }

  /** The shape of the tables. */
  public StageTwoGeometry geometry() {
    return geometry;
  }

  /** TLB maintenance for this VM. */
  public KvmTlb tlb() {
    return tlb;
  }

  /** The table; whether it still is the VM's is what {@link #pgtIsSet} says. */
  public KvmPgtable pgtable() {
    return pgtable;
  }

  /** {@code mmu->pgt = NULL}: no walk begins from now on. Held: {@code mmu_lock} for writing. */
  public void clearPgt() {
    pgt.write(0);
    m.trace(Tracepoint.S2_ROOT, vmid, 0);
  }

  /** Whether {@code mmu->pgt} is not NULL. Held: {@code mmu_lock}. */
  public boolean pgtIsSet() {
    return pgt.read() != 0;
  }
}
