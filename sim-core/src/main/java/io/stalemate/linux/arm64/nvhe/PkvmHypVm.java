package io.stalemate.linux.arm64.nvhe;

import io.stalemate.cpu.StageTwoGeometry;
import io.stalemate.linux.arm64.KvmPgtable;
import io.stalemate.machine.Machine;
import io.stalemate.machine.Spinlock;
import io.stalemate.machine.Tracepoint;

/**
 * {@code struct pkvm_hyp_vm}: a guest that is not protected, whose stage-2 table the hypervisor keeps and the host
 * fills with pages that it shares.
 */
public class PkvmHypVm {

  /** The guest's VMID. */
  public static final int VMID = 1;

  /** {@code vm->lock}. Taken inside {@code host_mmu.lock}. */
  public final Spinlock lock;

  private final KvmPgtable pgt;
  private final HypPool pool;

  /** A guest with an empty table of {@code nvhe}'s text, whose pages come from a pool of {@code poolPages}. */
  public PkvmHypVm(Machine m, NvheText nvhe, int poolPages) {
    this.lock = m.spinlock("vm->lock");
    this.pool = new HypPool(m, VMID, nvhe.geometry(), poolPages);
    // guest_stage2_force_pte_cb(): what the host shares it takes back page by page.
    this.pgt = nvhe.pgtable(m, pool, VMID, 0, (addr, end, prot) -> true);
    m.trace(Tracepoint.S2_ROOT, VMID, pgt.pgd());
  }

  /** The guest's table. Held: {@link #lock}. */
  public KvmPgtable pgtable() {
    return pgt;
  }

  /** Where the table's pages come from. Held: {@link #lock}. */
  HypPool pool() {
    return pool;
  }

  /** The shape of the table. */
  public StageTwoGeometry geometry() {
    return pgt.geometry();
  }
}
