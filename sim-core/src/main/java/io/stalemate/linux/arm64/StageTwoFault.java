package io.stalemate.linux.arm64;

import io.stalemate.cpu.StageTwoGeometry;
import io.stalemate.cpu.Syndrome;
import io.stalemate.linux.kvm.KvmMemorySlot;
import io.stalemate.linux.kvm.KvmVcpu;

/**
 * The arguments of {@code user_mem_abort()}, decoded.
 *
 * @param vcpu who faulted
 * @param faultIpa the page's first byte address
 * @param memslot the slot around it
 * @param hva hva page behind it
 * @param esr the syndrome
 * @param writeFault {@code kvm_is_write_fault()}
 */
public record StageTwoFault(
    KvmVcpu vcpu, long faultIpa, KvmMemorySlot memslot, long hva, long esr, boolean writeFault) {

  /** The faulting page. */
  public long gfn() {
    return faultIpa >>> StageTwoGeometry.PAGE_SHIFT;
  }

  /** {@code kvm_vcpu_trap_is_exec_fault()}: a fetch, and not the stage-1 walk for one. */
  public boolean execFault() {
    return Syndrome.instructionAbort(esr) && (esr & Syndrome.S1PTW) == 0;
  }

  /** Whether a leaf exists and does not permit the access. */
  public boolean permissionFault() {
    return Syndrome.faultType(esr) == Syndrome.FSC_PERMISSION;
  }

  /** {@code memslot_is_logging()}. */
  public boolean loggingActive() {
    return memslot.isLogging() && !memslot.isReadonly();
  }
}
