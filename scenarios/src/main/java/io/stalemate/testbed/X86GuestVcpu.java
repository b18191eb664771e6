package io.stalemate.testbed;

import io.stalemate.cpu.GuestInstruction;
import io.stalemate.cpu.GuestRegisters;
import io.stalemate.cpu.Hypercall;
import io.stalemate.linux.kvm.ExitReason;
import io.stalemate.linux.x86.X86Mmu;
import io.stalemate.linux.x86.X86Vcpu;
import io.stalemate.linux.x86.X86VcpuRun;
import java.util.List;

/** A vCPU on x86. */
final class X86GuestVcpu implements GuestVcpu {

  private final X86Mmu mmu;
  private final X86Vcpu vcpu;
  private final X86VcpuRun run;

  /** Makes vCPU {@code number}. */
  X86GuestVcpu(X86Mmu mmu, int number, int cpu, boolean convertsOnMemoryFault) {
    this.mmu = mmu;
    this.vcpu = mmu.createVcpu(number, cpu);
    this.run = new X86VcpuRun(mmu, vcpu, mmu.guestCpu(vcpu), convertsOnMemoryFault);
  }

  /** The run loop, for threads that have a program. */
  X86VcpuRun run() {
    return run;
  }

  /** The ioctl {@code KVM_PRE_FAULT_MEMORY}: yields the pages that are done, or a negative errno. */
  long preFault(long gfnStart, long gfnEnd) {
    return mmu.preFault.preFaultMemory(vcpu, gfnStart, gfnEnd);
  }

  @Override
  public ExitReason enter(GuestInstruction access) {
    GuestRegisters regs = new GuestRegisters(List.of(access));
    run.kvmArchVcpuIoctlRun(regs);
    ExitReason left = run.run().exitReason();
    if (left == ExitReason.MMIO) {
      // The next KVM_RUN completes it.
      run.kvmArchVcpuIoctlRun(regs);
    }
    return left;
  }

  @Override
  public long enter(Hypercall call) {
    throw new IllegalStateException(call + " on x86");
  }

  @Override
  public void end() {
    run.kvmArchVcpuDestroy();
  }
}
