package io.stalemate.linux.arm64;

import io.stalemate.machine.Machine;
import io.stalemate.machine.Word;

/** {@code struct kvm_run}: the page a vCPU shares with its VMM. The VMM looks only while the vCPU is out. */
public class KvmRun {

  private static final ExitReason[] REASONS = ExitReason.values();

  private final Word exitReason;
  private final Word mmioPhysAddr;
  private final Word mmioIsWrite;
  private final Word armNisvFaultIpa;

  /** The run page of vCPU {@code id}. */
  public KvmRun(Machine m, int id) {
    this.exitReason = m.word("run->exit_reason", id, ExitReason.UNKNOWN.ordinal());
    this.mmioPhysAddr = m.word("run->mmio.phys_addr", id, 0);
    this.mmioIsWrite = m.word("run->mmio.is_write", id, 0);
    this.armNisvFaultIpa = m.word("run->arm_nisv.fault_ipa", id, 0);
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

  /** Byte address of the access that the VMM is to emulate, whichever exit says so; 0 for other exits. */
  long faultAddress() {
    ExitReason reason = exitReason();
    if (reason == ExitReason.MMIO) {
      return mmioPhysAddr();
    }
    return reason == ExitReason.ARM_NISV ? armNisvFaultIpa() : 0;
  }

  void exit(ExitReason reason) {
    exitReason.write(reason.ordinal());
  }

  void exitMmio(long physAddr, boolean isWrite) {
    mmioPhysAddr.write(physAddr);
    mmioIsWrite.write(isWrite ? 1 : 0);
    exit(ExitReason.MMIO);
  }

  /** elided: {@code esr_iss}. */
  void exitArmNisv(long faultIpa) {
    armNisvFaultIpa.write(faultIpa);
    exit(ExitReason.ARM_NISV);
  }
}
