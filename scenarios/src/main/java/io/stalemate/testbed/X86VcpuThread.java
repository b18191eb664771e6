package io.stalemate.testbed;

import io.stalemate.cpu.GuestRegisters;
import io.stalemate.machine.Machine;
import io.stalemate.machine.Tracepoint;
import java.util.List;

/** A VMM's thread for one vCPU on x86: the guest's accesses, and between them ioctls of the vCPU's. */
final class X86VcpuThread implements Runnable {

  private final Machine m;
  private final X86GuestVcpu vcpu;
  private final List<VcpuProgram.Part> parts;

  X86VcpuThread(Machine m, X86GuestVcpu vcpu, VcpuProgram program) {
    this.m = m;
    this.vcpu = vcpu;
    this.parts = program.parts();
  }

  /** Performs the task's actions; what a vCPU's thread could not go on with ends it. */
  @Override
  public void run() {
    boolean goesOn = true;
    for (int i = 0; i < parts.size() && goesOn; i++) {
      long ret = switch (parts.get(i)) {
        case VcpuProgram.Program program -> vcpu.run().enterUntilEnd(new GuestRegisters(program.steps()));
        case VcpuProgram.Ioctl ioctl -> preFault(ioctl);
      };
      goesOn = ret >= 0 || parts.get(i) instanceof VcpuProgram.Ioctl;
      if (!goesOn || i == parts.size() - 1) {
        vcpu.end();
      }
      m.trace(Tracepoint.RETURN, parts.get(i).action(), ret);
    }
  }

  /** Yields what the last of the ioctls returned: pages that are done, or a negative errno. */
  private long preFault(VcpuProgram.Ioctl ioctl) {
    long ret = 0;
    for (int n = 0; n < ioctl.times(); n++) {
      ret = vcpu.preFault(ioctl.fault().gfn(), ioctl.fault().gfn() + ioctl.fault().pages());
    }
    return ret;
  }
}
