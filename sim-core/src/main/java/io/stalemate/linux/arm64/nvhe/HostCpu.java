package io.stalemate.linux.arm64.nvhe;

import static io.stalemate.linux.Errno.EAGAIN;

import io.stalemate.cpu.GuestCpu;
import io.stalemate.cpu.GuestInstruction;
import io.stalemate.machine.KernelFunction;
import io.stalemate.machine.Machine;

/** A CPU that runs the host, behind the host's stage-2 table: its accesses go where those of a guest go. */
public class HostCpu {

  private final Machine m;
  private final HostMmu host;
  private final GuestCpu cpu;

  /** The physical CPU {@code cpu}, whose accesses {@code host} serves. */
  public HostCpu(Machine m, HostMmu host, GuestCpu cpu) {
    this.m = m;
    this.host = host;
    this.cpu = cpu;
  }

  /** The CPU begins to run behind the host's table. */
  @KernelFunction(
      value = "__pkvm_prot_finalize",
      file = "arch/arm64/kvm/hyp/nvhe/mem_protect.c",
      version = "v5.15-v6.12",
      elided = "VTCR_EL2, the invalidation that drops what was cached before")
  public void pkvmProtFinalize() {
    cpu.loadStage2(HostMmu.VMID, host.pgtable().pgd());
  }

  /**
   * Executes {@code instruction}, however often it faults.
   *
   * @return 0, or the negative errno that a fault of it ended in
   */
  @KernelFunction(
      value = "handle_trap",
      file = "arch/arm64/kvm/hyp/nvhe/hyp-main.c",
      version = "v5.15-v6.12",
      elided = "traps other than stage-2 aborts")
  public int execute(GuestInstruction instruction) {
    cpu.begin(cpu.cpu(), instruction);
    for (;;) {
      long esr = cpu.execute(cpu.cpu(), instruction);
      if (esr == 0) {
        return 0;
      }
      int ret = host.handleHostMemAbort(cpu.cpu(), esr, instruction.ipa());
      if (ret != 0 && ret != -EAGAIN) {
        return ret;
      }
      m.retrying();
    }
  }
}
