package io.stalemate.linux.x86;

import static io.stalemate.linux.Errno.EFAULT;
import static io.stalemate.linux.kvm.MemAttributes.KVM_MEMORY_ATTRIBUTE_PRIVATE;

import io.stalemate.cpu.GuestInstruction;
import io.stalemate.cpu.GuestRegisters;
import io.stalemate.cpu.x86.EptGeometry;
import io.stalemate.cpu.x86.VmExit;
import io.stalemate.cpu.x86.X86GuestCpu;
import io.stalemate.linux.kvm.ExitReason;
import io.stalemate.linux.kvm.GmemBinding;
import io.stalemate.linux.kvm.Kvm;
import io.stalemate.linux.kvm.KvmRun;
import io.stalemate.machine.KernelFunction;
import io.stalemate.machine.Machine;
import io.stalemate.machine.Tracepoint;
import org.jspecify.annotations.Nullable;

/** {@code arch/x86/kvm/x86.c}: the run loop of one vCPU, and the VMM thread around it. */
public class X86VcpuRun {

  protected final X86Mmu mmu;
  protected final Kvm kvm;
  protected final Machine m;
  protected final X86Vcpu vcpu;
  protected final KvmRun run;
  private final X86GuestCpu cpu;
  private final boolean convertOnMemoryFault;

  /**
   * Runs {@code vcpu} on {@code cpu}, which {@link X86Mmu#guestCpu} made for it.
   *
   * @param convertOnMemoryFault whether the VMM answers KVM_EXIT_MEMORY_FAULT by converting the page
   */
  public X86VcpuRun(X86Mmu mmu, X86Vcpu vcpu, X86GuestCpu cpu, boolean convertOnMemoryFault) {
    this.mmu = mmu;
    this.kvm = mmu.kvm;
    this.m = mmu.m;
    this.vcpu = vcpu;
    this.run = new KvmRun(m, vcpu.id);
    this.cpu = cpu;
    this.convertOnMemoryFault = convertOnMemoryFault;
  }

  /** What the last exit to the VMM said. */
  public KvmRun run() {
    return run;
  }

  /**
   * The VMM's thread: enters the guest until its program ends, then takes the vCPU down. MMIO loads read 0.
   *
   * @return 0, or the negative errno with which the ioctl failed: the vCPU then stays where it is
   */
  public int vmmThread(GuestRegisters regs) {
    int ret = enterUntilEnd(regs);
    kvmArchVcpuDestroy();
    return ret;
  }

  /** The part of {@link #vmmThread} before the end: more programs, and ioctls in between, may follow. */
  public int enterUntilEnd(GuestRegisters regs) {
    while (true) {
      int ret = kvmArchVcpuIoctlRun(regs);
      if (ret == -EFAULT && run.exitReason() == ExitReason.MEMORY_FAULT && convertOnMemoryFault && convert()) {
        continue;
      }
      if (ret < 0) {
        return ret;
      }
      switch (run.exitReason()) {
        case SYSTEM_EVENT, INTERNAL_ERROR -> {
          return 0;
        }
        case DIRTY_RING_FULL -> kvm.dirtyLog.reaper.reap();
        // MMIO is completed by the next KVM_RUN. The others have nothing for a VMM to do.
        case UNKNOWN, MMIO, ARM_NISV, INTR, ERROR, MEMORY_FAULT -> {}
      }
    }
  }

  /**
   * Makes the page what the guest wants, unless somebody else has by now; false if the VMM cannot: it has no private
   * memory for it, or no longer, so that the guest would come back for ever.
   */
  private boolean convert() {
    long gfn = run.memoryFaultGpa() >>> EptGeometry.PAGE_SHIFT;
    boolean toPrivate = run.memoryFaultPrivate();
    if (toPrivate && !hasPrivateMemory(gfn)) {
      return false;
    }
    int ret = kvm.memAttributes.set(gfn, gfn + 1, toPrivate ? KVM_MEMORY_ATTRIBUTE_PRIVATE : 0);
    // The guest is going to execute the same instruction again.
    m.retrying();
    return ret == 0;
  }

  /** model: the VMM looks into its own lists of memslots and of open guest_memfds; KVM's stand in for them. */
  private boolean hasPrivateMemory(long gfn) {
    int index = kvm.srcu.readLock();
    boolean has = kvm.memslots.kvmMemslots().slots().stream()
        .anyMatch(slot -> slot.contains(gfn) && isOpen(slot.gmem()));
    kvm.srcu.readUnlock(index);
    return has;
  }

  private static boolean isOpen(@Nullable GmemBinding gmem) {
    return gmem != null && gmem.file().readOnce() != 0;
  }

  /**
   * The ioctl {@code KVM_RUN}. All of it but guest mode is one srcu section.
   *
   * @return 0 with {@link #run} filled, or a negative errno
   */
  @KernelFunction(value = "kvm_arch_vcpu_ioctl_run", file = "arch/x86/kvm/x86.c", version = "v6.8-v6.12",
      elided = "signals, the FPU, multiprocessor states, register synchronisation")
  public int kvmArchVcpuIoctlRun(GuestRegisters regs) {
    vcpu.srcuReadLock();
    if (run.exitReason() == ExitReason.MMIO) {
      completeEmulatedMmio(regs);
    }
    int ret = vcpuRun(regs);
    exitToUserspace(ret);
    vcpu.srcuReadUnlock();
    return ret;
  }

  @KernelFunction(value = "vcpu_run", file = "arch/x86/kvm/x86.c", version = "v6.8-v6.12",
      elided = "vcpu_block but for asynchronous page faults, timers, interrupt windows, work of the task")
  private int vcpuRun(GuestRegisters regs) {
    run.exit(ExitReason.UNKNOWN);
    int ret;
    do {
      ret = vcpuEnterGuest(regs);
    } while (ret > 0);
    return ret;
  }

  /** Serves requests, has a root, is in the guest once, handles what ended that. Positive to be called again. */
  @KernelFunction(value = "vcpu_enter_guest", file = "arch/x86/kvm/x86.c", version = "v6.8-v6.12",
      elided = "events to inject, debug registers, the FPU, fast paths of exits")
  protected int vcpuEnterGuest(GuestRegisters regs) {
    int ret = mmu.vcpuRequests.serve(vcpu, run);
    if (ret <= 0) {
      return ret;
    }
    ret = mmu.roots.kvmMmuReload(vcpu);
    if (ret != 0) {
      return ret;
    }
    m.preemptDisable();
    m.ipi().irqsOff(vcpu.cpu);
    mmu.vcpuRequests.enterGuestMode(vcpu);
    boolean enters = !mmu.vcpuRequests.kvmVcpuExitRequest(vcpu);
    long exit = enters ? vmxVcpuRun(regs) : VmExit.of(VmExit.EXTERNAL_INTERRUPT);
    mmu.vcpuRequests.leaveGuestMode(vcpu);
    m.ipi().irqsOn(vcpu.cpu);
    m.preemptEnable();
    vcpu.srcuReadLock();
    return enters ? handleExit(regs, exit) : VcpuRequests.RESUME;
  }

  /** Runs the guest until something takes it out; yields what, the end of the program as {@link VmExit#HLT}. */
  @KernelFunction(value = "vmx_vcpu_run", file = "arch/x86/kvm/vmx/vmx.c", version = "v6.8-v6.12",
      elided = "everything but nested paging")
  private long vmxVcpuRun(GuestRegisters regs) {
    long root = vcpu.root.read();
    if (m.warnOn(root == 0, "vmx_vcpu_run: no VALID_PAGE(root.hpa)")) {
      // model: the kernel leaves the last root in the VMCS. A CPU that is given none fails the entry.
      return VmExit.of(VmExit.INVALID_STATE);
    }
    cpu.loadEptp(root);
    while (!regs.atEnd()) {
      if (cpu.interrupted()) {
        return VmExit.of(VmExit.EXTERNAL_INTERRUPT);
      }
      GuestInstruction instruction = regs.instruction();
      if (regs.firstTime()) {
        cpu.begin(vcpu.id, instruction);
      }
      long exit = cpu.execute(vcpu.id, instruction);
      if (exit != X86GuestCpu.DONE) {
        return exit;
      }
      regs.advance();
    }
    return VmExit.of(VmExit.HLT);
  }

  private int handleExit(GuestRegisters regs, long exit) {
    int pc = regs.pc();
    int ret = mmu.exits.handleExit(vcpu, run, regs, exit);
    boolean interrupted = VmExit.reason(exit) == VmExit.EXTERNAL_INTERRUPT;
    if (ret > 0 && regs.pc() == pc && !interrupted) {
      // The guest is going to execute the same instruction again.
      m.retrying();
    }
    return ret;
  }

  /** Completes the access that the VMM emulated. Held: srcu. */
  @KernelFunction(value = "complete_emulated_mmio", file = "arch/x86/kvm/x86.c", version = "v6.8-v6.12",
      elided = "the loaded value: nothing depends on it; accesses in several pieces")
  private void completeEmulatedMmio(GuestRegisters regs) {
    regs.advance();
  }

  private void exitToUserspace(int ret) {
    if (ret < 0 && run.exitReason() != ExitReason.MEMORY_FAULT) {
      run.exit(ExitReason.ERROR);
    }
    if (run.exitReason() != ExitReason.SYSTEM_EVENT) {
      m.trace(Tracepoint.VCPU_EXIT, vcpu.id, run.exitReason().ordinal(), run.faultAddress(), -ret);
    }
  }

  /** Lets go of what the vCPU has: its works, its root and its cache of table pages. Sleeps. */
  @KernelFunction(value = "kvm_arch_vcpu_destroy", file = "arch/x86/kvm/x86.c", version = "v6.8-v6.12",
      elided = "everything but the MMU; model: at the end of its thread, where the kernel waits for the VM's")
  public void kvmArchVcpuDestroy() {
    mmu.asyncPf.clearCompletionQueue(vcpu);
    mmu.roots.kvmMmuUnload(vcpu);
    vcpu.mmuPageCache.free();
  }
}
