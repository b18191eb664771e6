package io.stalemate.linux.arm64.nvhe;

import static io.stalemate.linux.Errno.EAGAIN;
import static io.stalemate.linux.Errno.EFAULT;
import static io.stalemate.linux.Errno.EPERM;

import io.stalemate.cpu.GuestCpu;
import io.stalemate.cpu.GuestInstruction;
import io.stalemate.machine.KernelFunction;
import io.stalemate.machine.Machine;
import io.stalemate.machine.Tracepoint;
import java.util.SortedMap;

/** A vCPU of the guest that is not protected: its faults end in the host's KVM, which shares the pages. */
public class NpGuestVcpu {

  private static final int FAULTS_MAX = 16;

  private final Machine m;
  private final MemProtectV612 memProtect;
  private final GuestCpu cpu;
  private final int id;
  private final SortedMap<Long, Long> memory;

  /**
   * vCPU {@code id} on {@code cpu}.
   *
   * @param memory the host's pages by gfn, as the VMM laid them out
   */
  public NpGuestVcpu(Machine m, MemProtectV612 memProtect, GuestCpu cpu, int id, SortedMap<Long, Long> memory) {
    this.m = m;
    this.memProtect = memProtect;
    this.cpu = cpu;
    this.id = id;
    this.memory = memory;
  }

  /** The vCPU begins to run behind the guest's table. */
  public void load() {
    cpu.loadStage2(PkvmHypVm.VMID, memProtect.vm().pgtable().pgd());
  }

  /** Executes {@code instruction}, however often it faults; yields 0 or a negative errno for the VMM. */
  public int execute(GuestInstruction instruction) {
    cpu.begin(id, instruction);
    for (int faults = 0; faults < FAULTS_MAX; faults++) {
      if (cpu.execute(id, instruction) == 0) {
        return 0;
      }
      int ret = pkvmMemAbort(instruction.gfn());
      m.trace(Tracepoint.FAULT_DONE, instruction.gfn(), ret);
      if (ret != 0 && ret != -EAGAIN) {
        return ret;
      }
      m.retrying();
    }
    // model: the kernel would let the guest fault for ever on a page that the host lent to somebody else
    return -EPERM;
  }

  /** Shares the page behind {@code gfn}. */
  @KernelFunction(
      value = "pkvm_pgtable_stage2_map",
      file = "arch/arm64/kvm/pkvm.c",
      version = "v6.14",
      elided = "the host's lookup of the page and its mmu_lock, the list of mappings")
  protected int pkvmMemAbort(long gfn) {
    Long pfn = memory.get(gfn);
    if (pfn == null) {
      return -EFAULT;
    }
    int ret = memProtect.pkvmHostShareGuest(pfn, gfn);
    // Perhaps another vCPU was faster.
    return ret == -EPERM ? -EAGAIN : ret;
  }
}
