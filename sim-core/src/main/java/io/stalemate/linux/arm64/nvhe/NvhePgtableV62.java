package io.stalemate.linux.arm64.nvhe;

import static io.stalemate.linux.Errno.EPERM;

import io.stalemate.linux.arm64.KvmPgtableV62;
import io.stalemate.linux.arm64.KvmTlb;
import io.stalemate.linux.arm64.PgtableWalker;
import io.stalemate.linux.arm64.TablePages;
import io.stalemate.machine.KernelFunction;

/** {@code pgtable.c} of v6.2 as it is built for EL2: walks exclude each other, and there is no RCU to wait for. */
public class NvhePgtableV62 extends KvmPgtableV62 {

  /** The table of {@code vmid} whose empty root page is {@code pgd}; flags and callback as the table's owner says. */
  public NvhePgtableV62(TablePages mmOps, KvmTlb tlb, int vmid, long pgd, int flags, ForcePte forcePteCb) {
    super(mmOps, tlb, vmid, pgd, false, flags, forcePteCb);
  }

  @Override
  @KernelFunction(
      value = "kvm_pgtable_walk_begin",
      file = "arch/arm64/include/asm/kvm_pgtable.h",
      version = "v6.2-v6.5")
  protected int kvmPgtableWalkBegin(PgtableWalker walker) {
    boolean shared = (walker.flags() & PgtableWalker.SHARED) != 0;
    return m.warnOn(shared, "kvm_pgtable_walk_begin: shared walk at EL2") ? -EPERM : 0;
  }

  @Override
  @KernelFunction(
      value = "host_s2_free_removed_table",
      file = "arch/arm64/kvm/hyp/nvhe/mem_protect.c",
      version = "v6.2-v6.3")
  protected void stage2FreeUnlinkedTable(long table, int level) {
    kvmPgtableStage2FreeUnlinked(table, level);
  }
}
