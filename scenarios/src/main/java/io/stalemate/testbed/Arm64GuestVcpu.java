package io.stalemate.testbed;

import io.stalemate.cpu.GuestInstruction;
import io.stalemate.cpu.GuestRegisters;
import io.stalemate.cpu.Hypercall;
import io.stalemate.linux.arm64.VcpuRun;
import io.stalemate.linux.kvm.ExitReason;
import io.stalemate.linux.kvm.KvmVcpu;
import java.util.List;

/** A vCPU on arm64. */
final class Arm64GuestVcpu implements GuestVcpu {

  private final KvmVcpu vcpu;
  private final VcpuRun run;

  Arm64GuestVcpu(KvmVcpu vcpu, VcpuRun run) {
    this.vcpu = vcpu;
    this.run = run;
  }

  /** The run loop, for threads that have a program. */
  VcpuRun run() {
    return run;
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
    long[] x0 = new long[1];
    run.kvmArchVcpuIoctlRun(new GuestRegisters(List.of(call), (pc, result) -> x0[0] = result));
    return x0[0];
  }

  @Override
  public void end() {
    vcpu.mmuPageCache.free();
  }
}
