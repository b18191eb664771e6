package io.stalemate.linux.arm64.nvhe;

import static io.stalemate.linux.Errno.EINVAL;
import static io.stalemate.linux.Errno.EPERM;

import io.stalemate.cpu.StageTwoGeometry;
import io.stalemate.cpu.StageTwoPte;
import io.stalemate.machine.KernelFunction;
import io.stalemate.machine.Machine;

/**
 * {@code mem_protect.c} of v5.15: the host can share pages with the hypervisor, and nothing else. Scenarios of v5.15
 * ask for nothing else.
 */
public class MemProtectV515 extends MemProtect {

  /** Sharing between {@code host} and {@code hyp}. */
  public MemProtectV515(Machine m, HostMmu host, HypPgtable hyp) {
    super(m, host, hyp);
  }

  @Override
  @KernelFunction(
      value = "__pkvm_host_share_hyp",
      file = "arch/arm64/kvm/hyp/nvhe/mem_protect.c",
      version = "v5.15")
  public int pkvmHostShareHyp(long pfn) {
    int ret = -EINVAL;
    boolean memory = host.memory().addrIsMemory(address(pfn));
    lockComponents();
    if (memory) {
      ret = shareOnce(pfn);
    }
    // model: an address that is no memory is refused before the locks are taken; announced with the others
    announce(PkvmCall.SHARE_HYP_V515, pfn, 1, ret);
    unlockComponents();
    return ret;
  }

  private int shareOnce(long pfn) {
    PkvmMemTransition tx = new PkvmMemTransition(PkvmComponent.HOST, PkvmComponent.HYP, pfn, 1);
    long pte = host.pgtable().getLeaf(address(pfn)).pte();
    if (pte != 0) {
      PkvmPageState state = PkvmPageState.getState(pte);
      if (!StageTwoPte.valid(pte) || (state != PkvmPageState.OWNED && state != PkvmPageState.SHARED_OWNED)) {
        return -EPERM;
      }
      if (state == PkvmPageState.SHARED_OWNED) {
        // Shared before: with the hypervisor, as its own table must say.
        long entry = hyp.entry(pfn);
        boolean borrowed =
            StageTwoPte.valid(entry) && PkvmPageState.getState(entry) == PkvmPageState.SHARED_BORROWED;
        return borrowed ? 0 : -EPERM;
      }
    }
    int ret = hyp.pkvmCreateMappingsLocked(tx, PkvmPageState.SHARED_BORROWED);
    m.warnOn(ret != 0, "__pkvm_host_share_hyp: the hypervisor's mapping failed");
    int prot = PkvmPageState.SHARED_OWNED.mkState(HostMmu.PKVM_HOST_MEM_PROT);
    ret = host.hostStage2IdmapLocked(tx.addr(), StageTwoGeometry.PAGE_SIZE, prot);
    m.warnOn(ret != 0, "__pkvm_host_share_hyp: the host's mapping failed");
    return ret;
  }
}
