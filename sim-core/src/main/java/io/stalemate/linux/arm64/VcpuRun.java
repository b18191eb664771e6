package io.stalemate.linux.arm64;

import static io.stalemate.linux.Errno.EIO;

import io.stalemate.cpu.GuestCpu;
import io.stalemate.cpu.GuestInstruction;
import io.stalemate.cpu.GuestRegisters;
import io.stalemate.cpu.StageTwoGeometry;
import io.stalemate.cpu.Syndrome;
import io.stalemate.linux.kvm.ExitReason;
import io.stalemate.linux.kvm.Kvm;
import io.stalemate.linux.kvm.KvmRun;
import io.stalemate.linux.kvm.KvmVcpu;
import io.stalemate.linux.kvm.Requests;
import io.stalemate.machine.KernelFunction;
import io.stalemate.machine.Machine;
import io.stalemate.machine.Tracepoint;

/** {@code arch/arm64/kvm/arm.c}: the run loop of one vCPU, and the VMM thread around it. */
public class VcpuRun {

  /** What entering the guest ends with when no abort did: an interrupt. Syndromes are positive. */
  private static final long ARM_EXCEPTION_IRQ = -1;

  /** What entering the guest ends with at the program's end. model: a guest would power off by hypercall. */
  private static final long GUEST_END = -2;

  /** {@code kvm_arch_vcpu_ioctl_run()} goes on while its result is positive. */
  private static final int RESUME = 1;

  protected final Kvm kvm;
  protected final Machine m;
  protected final KvmVcpu vcpu;
  protected final KvmRun run;
  private final Arm64Mmu arch;
  private final GuestCpu cpu;
  private final HandleGuestAbort handleGuestAbort;
  private final Hypercalls hypercalls;

  /** Runs {@code vcpu} of the VM whose MMU is {@code arch} on {@code cpu}. */
  public VcpuRun(Arm64Mmu arch, KvmVcpu vcpu, GuestCpu cpu, HandleGuestAbort handleGuestAbort) {
    this.kvm = arch.kvm;
    this.m = arch.m;
    this.vcpu = vcpu;
    this.run = new KvmRun(m, vcpu.id);
    this.arch = arch;
    this.cpu = cpu;
    this.handleGuestAbort = handleGuestAbort;
    this.hypercalls = new Hypercalls(arch);
  }

  /** What the last exit to the VMM said. */
  public KvmRun run() {
    return run;
  }

  /**
   * The VMM's thread: enters the guest until its program ends. The default VMM answers every MMIO access, described by
   * a syndrome or not: loads read 0.
   *
   * @return 0, or the negative errno with which the ioctl failed: the vCPU then stays where it is
   */
  public int vmmThread(GuestRegisters regs) {
    while (true) {
      int ret = kvmArchVcpuIoctlRun(regs);
      if (ret < 0) {
        return ret;
      }
      if (run.exitReason() == ExitReason.SYSTEM_EVENT) {
        return 0;
      }
      if (run.exitReason() == ExitReason.DIRTY_RING_FULL) {
        kvm.dirtyLog.reaper.reap();
      }
      if (run.exitReason() == ExitReason.ARM_NISV) {
        // The VMM decodes the instruction, does what it says and sets the program counter.
        regs.advance();
      }
    }
  }

  /**
   * The ioctl {@code KVM_RUN}.
   *
   * @return 0 with {@link #run} filled, or a negative errno
   */
  @KernelFunction(
      value = "kvm_arch_vcpu_ioctl_run",
      file = "arch/arm64/kvm/arm.c",
      version = "v5.15-v6.12",
      elided = "signals, timers, vGIC, PMU, VMID update, context switch")
  public int kvmArchVcpuIoctlRun(GuestRegisters regs) {
    if (run.exitReason() == ExitReason.MMIO) {
      kvmHandleMmioReturn(regs);
    }
    run.exit(ExitReason.UNKNOWN);
    int ret = RESUME;
    while (ret > 0) {
      ret = checkVcpuRequests();
      if (ret <= 0) {
        break;
      }
      m.preemptDisable();
      m.ipi().irqsOff(vcpu.cpu);
      enterGuestMode();
      if (kvm.requests.pending(vcpu)) {
        leaveGuestMode();
        m.ipi().irqsOn(vcpu.cpu);
        m.preemptEnable();
        continue;
      }
      long exit = kvmArmVcpuEnterExit(regs);
      leaveGuestMode();
      m.ipi().irqsOn(vcpu.cpu);
      m.preemptEnable();
      ret = handleExit(regs, exit);
    }
    exitToUserspace(ret);
    return ret;
  }

  /** Says that the vCPU is about to be in the guest. */
  protected void enterGuestMode() {
    // smp_store_mb(): the mode is stored before the requests are read. Pairs with the barrier between request and mode
    // in kvm_vcpu_exiting_guest_mode(): either the requester sees the mode and interrupts, or we see the request.
    vcpu.mode.writeOnce(KvmVcpu.IN_GUEST_MODE);
    m.smpMb();
  }

  private void leaveGuestMode() {
    vcpu.mode.writeOnce(KvmVcpu.OUTSIDE_GUEST_MODE);
  }

  /** Serves what others asked this vCPU for; yields 1, or 0 or a negative errno to leave. */
  @KernelFunction(
      value = "check_vcpu_requests",
      file = "arch/arm64/kvm/arm.c",
      version = "v5.15-v6.12",
      elided = "requests of timers, vGIC, PMU, power state")
  protected int checkVcpuRequests() {
    if (kvm.requests.pending(vcpu)) {
      if (kvm.requests.checkRequest(Requests.KVM_REQ_VM_DEAD, vcpu)) {
        return -EIO;
      }
      // arm64 broadcasts its invalidations: a flush request has no work, taking the interrupt was enough.
      kvm.requests.checkRequest(Requests.KVM_REQ_TLB_FLUSH, vcpu);
      if (kvm.dirtyLog.ringCheckRequest(vcpu)) {
        run.exit(ExitReason.DIRTY_RING_FULL);
        return 0;
      }
    }
    return RESUME;
  }

  /** Runs the guest until an abort or a hypercall (yields its syndrome), an interrupt or the end of the program. */
  @KernelFunction(
      value = "kvm_arm_vcpu_enter_exit",
      file = "arch/arm64/kvm/arm.c",
      version = "v5.15-v6.12",
      elided = "everything but stage 2")
  protected long kvmArmVcpuEnterExit(GuestRegisters regs) {
    cpu.loadStage2(arch.mmu().vmid(), arch.mmu().pgtable().pgd());
    while (!regs.atEnd()) {
      if (cpu.interrupted()) {
        return ARM_EXCEPTION_IRQ;
      }
      if (regs.atHypercall()) {
        return Syndrome.hvc();
      }
      GuestInstruction instruction = regs.instruction();
      if (regs.firstTime()) {
        cpu.begin(vcpu.id, instruction);
        long external = cpu.externalAbort(instruction);
        if (external != 0) {
          return external;
        }
      }
      long esr = cpu.execute(vcpu.id, instruction);
      if (esr != 0) {
        return esr;
      }
      regs.advance();
    }
    return GUEST_END;
  }

  /** Handles what took the vCPU out of the guest; positive to go back in. */
  @KernelFunction(
      value = "handle_exit",
      file = "arch/arm64/kvm/handle_exit.c",
      version = "v5.15-v6.12",
      elided = "traps other than stage-2 aborts and HVC")
  protected int handleExit(GuestRegisters regs, long exit) {
    if (exit == ARM_EXCEPTION_IRQ) {
      return RESUME;
    }
    if (exit == GUEST_END) {
      run.exit(ExitReason.SYSTEM_EVENT);
      return 0;
    }
    if (Syndrome.exceptionClass(exit) == Syndrome.EC_HVC64) {
      return hypercalls.kvmHvcCallHandler(vcpu, regs);
    }
    int pc = regs.pc();
    // HPFAR holds the page of the intermediate physical address.
    long page = regs.instruction().ipa() & -StageTwoGeometry.PAGE_SIZE;
    int ret = handleGuestAbort.kvmHandleGuestAbort(vcpu, regs, run, exit, regs.instruction().far(), page);
    if (ret > 0 && regs.pc() == pc) {
      // The guest is going to execute the same instruction again.
      m.retrying();
    }
    return ret;
  }

  /** Completes the access that the VMM emulated. */
  @KernelFunction(
      value = "kvm_handle_mmio_return",
      file = "arch/arm64/kvm/mmio.c",
      version = "v5.15-v6.12",
      elided = "the loaded value: nothing depends on it")
  protected void kvmHandleMmioReturn(GuestRegisters regs) {
    regs.advance();
  }

  private void exitToUserspace(int ret) {
    if (ret < 0) {
      run.exit(ExitReason.ERROR);
    }
    if (run.exitReason() != ExitReason.SYSTEM_EVENT) {
      m.trace(Tracepoint.VCPU_EXIT, vcpu.id, run.exitReason().ordinal(), run.faultAddress(), -ret);
    }
  }
}
