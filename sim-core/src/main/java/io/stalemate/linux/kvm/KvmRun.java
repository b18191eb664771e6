package io.stalemate.linux.kvm;

import io.stalemate.machine.KernelFunction;
import io.stalemate.machine.Machine;
import io.stalemate.machine.Tracepoint;
import io.stalemate.machine.Word;

/** {@code struct kvm_run}: the page a vCPU shares with its VMM. The VMM looks only while the vCPU is out. */
public class KvmRun {

  /** {@code KVM_MEMORY_EXIT_FLAG_PRIVATE}. */
  public static final long KVM_MEMORY_EXIT_FLAG_PRIVATE = 1L << 3;

  private static final ExitReason[] REASONS = ExitReason.values();

  private final Machine m;
  private final int id;
  private final Word exitReason;
  private final Word mmioPhysAddr;
  private final Word mmioIsWrite;
  private final Word armNisvFaultIpa;
  private final Word memoryFaultGpa;
  private final Word memoryFaultFlags;

  /** The run page of vCPU {@code id}. */
  public KvmRun(Machine m, int id) {
    this.m = m;
    this.id = id;
    this.exitReason = m.word("run->exit_reason", id, ExitReason.UNKNOWN.ordinal());
    this.mmioPhysAddr = m.word("run->mmio.phys_addr", id, 0);
    this.mmioIsWrite = m.word("run->mmio.is_write", id, 0);
    this.armNisvFaultIpa = m.word("run->arm_nisv.fault_ipa", id, 0);
    this.memoryFaultGpa = m.word("run->memory_fault.gpa", id, 0);
    this.memoryFaultFlags = m.word("run->memory_fault.flags", id, 0);
  }

  /** Why the vCPU left. */
  public ExitReason exitReason() {
    return REASONS[(int) exitReason.read()];
  }

  /** Byte address of the access that the VMM is to emulate. */
  public long mmioPhysAddr() {
    return mmioPhysAddr.read();
  }

  /** Whether that access is a store. */
  public boolean mmioIsWrite() {
    return mmioIsWrite.read() != 0;
  }

  /** Byte address of the access that the syndrome does not describe. */
  public long armNisvFaultIpa() {
    return armNisvFaultIpa.read();
  }

  /** Byte address of the page whose kind the VMM is to change. */
  public long memoryFaultGpa() {
    return memoryFaultGpa.read();
  }

  /** Whether the guest wanted it private ({@code KVM_MEMORY_EXIT_FLAG_PRIVATE}). */
  public boolean memoryFaultPrivate() {
    return memoryFaultFlags.read() == KVM_MEMORY_EXIT_FLAG_PRIVATE;
  }

  /** Byte address that the VMM is to do something about, whichever exit says so; 0 for other exits. */
  public long faultAddress() {
    ExitReason reason = exitReason();
    if (reason == ExitReason.MMIO) {
      return mmioPhysAddr();
    }
    if (reason == ExitReason.MEMORY_FAULT) {
      return memoryFaultGpa();
    }
    return reason == ExitReason.ARM_NISV ? armNisvFaultIpa() : 0;
  }

  /** Leaves for {@code reason}. */
  public void exit(ExitReason reason) {
    exitReason.write(reason.ordinal());
  }

  /** Leaves for the VMM to emulate an access to byte address {@code physAddr}. */
  public void exitMmio(long physAddr, boolean isWrite) {
    mmioPhysAddr.write(physAddr);
    mmioIsWrite.write(isWrite ? 1 : 0);
    exit(ExitReason.MMIO);
  }

  /** Leaves for the VMM to decode and emulate an access to byte address {@code faultIpa}. elided: {@code esr_iss}. */
  public void exitArmNisv(long faultIpa) {
    armNisvFaultIpa.write(faultIpa);
    exit(ExitReason.ARM_NISV);
  }

  /** Leaves, with -EFAULT from the ioctl, for the VMM to make the page at {@code gpa} what the guest wants. */
  @KernelFunction(value = "kvm_prepare_memory_fault_exit", file = "include/linux/kvm_host.h", version = "v6.8-v6.12",
      elided = "the size: always a page's")
  public void exitMemoryFault(long gpa, boolean isPrivate) {
    memoryFaultGpa.write(gpa);
    memoryFaultFlags.write(isPrivate ? KVM_MEMORY_EXIT_FLAG_PRIVATE : 0);
    m.trace(Tracepoint.MEMORY_FAULT_EXIT, id, gpa, isPrivate ? 1 : 0, 0);
    exit(ExitReason.MEMORY_FAULT);
  }
}
