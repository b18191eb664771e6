package io.stalemate.testbed;

import io.stalemate.cpu.GuestRegisters;
import io.stalemate.linux.x86.X86Mmu;
import io.stalemate.linux.x86.X86Vcpu;
import io.stalemate.linux.x86.X86VcpuRun;
import io.stalemate.machine.Machine;
import io.stalemate.machine.Tracepoint;
import java.util.List;

/** A VMM's thread for one vCPU on x86: the guest's accesses, and between them ioctls of the vCPU's. */
final class X86VcpuThread implements Runnable {

  private final Machine m;
  private final X86Mmu mmu;
  private final X86Vcpu vcpu;
  private final X86VcpuRun run;
  private final List<VcpuProgram.Part> parts;

  /** Makes vCPU {@code number}. */
  X86VcpuThread(Machine m, X86Mmu mmu, int cpu, int number, VcpuProgram program, boolean convertsOnMemoryFault) {
    this.m = m;
    this.mmu = mmu;
    this.vcpu = mmu.createVcpu(number, cpu);
    this.run = new X86VcpuRun(mmu, vcpu, mmu.guestCpu(vcpu), convertsOnMemoryFault);
    this.parts = program.parts();
  }

  /** Performs the task's actions; what a vCPU's thread could not go on with ends it. */
  @Override
  public void run() {
    boolean goesOn = true;
    for (int i = 0; i < parts.size() && goesOn; i++) {
      long ret = switch (parts.get(i)) {
        case VcpuProgram.Program program -> run.enterUntilEnd(new GuestRegisters(program.steps()));
        case VcpuProgram.Ioctl ioctl -> preFault(ioctl);
      };
      goesOn = ret >= 0 || parts.get(i) instanceof VcpuProgram.Ioctl;
      if (!goesOn || i == parts.size() - 1) {
        run.kvmArchVcpuDestroy();
      }
      m.trace(Tracepoint.RETURN, parts.get(i).action(), ret);
    }
  }

  /** Yields what the last of the ioctls returned: pages that are done, or a negative errno. */
  private long preFault(VcpuProgram.Ioctl ioctl) {
    long ret = 0;
    for (int n = 0; n < ioctl.times(); n++) {
      ret = mmu.preFault.preFaultMemory(vcpu, ioctl.fault().gfn(), ioctl.fault().gfn() + ioctl.fault().pages());
    }
    return ret;
  }
}
