package io.stalemate.linux.x86;

import io.stalemate.machine.KernelFunction;
import io.stalemate.machine.Machine;

/**
 * A page fault's error code, 64 bits: what hardware reports and what KVM adds. Follows {@code PFERR_*} of
 * {@code arch/x86/include/asm/kvm_host.h} in v6.11, where each flag is a mask and none has a bit number beside it.
 */
public final class PfErrorCode {

  public static final long PRESENT = 1L;
  public static final long WRITE = 1L << 1;
  public static final long USER = 1L << 2;
  public static final long RSVD = 1L << 3;
  public static final long FETCH = 1L << 4;
  public static final long PK = 1L << 5;
  public static final long SGX = 1L << 15;
  /** #NPF of an SNP host: the RMP denied the access. */
  public static final long GUEST_RMP = 1L << 31;
  /** The access was to the final address, not to a table of the guest's. */
  public static final long GUEST_FINAL = 1L << 32;
  /** The access was to a table of the guest's. */
  public static final long GUEST_PAGE = 1L << 33;
  /** #NPF of a SEV guest: the access was encrypted. */
  public static final long GUEST_ENC = 1L << 34;
  /** #NPF of an SNP guest: the sizes in RMP and nested table differ. */
  public static final long GUEST_SIZEM = 1L << 35;
  /** #NPF of an SNP guest: the VM privilege level denied the access. */
  public static final long GUEST_VMPL = 1L << 36;

  /** KVM's own: the CPU accesses a system structure; SMAP then looks at no EFLAGS.AC. */
  public static final long IMPLICIT_ACCESS = 1L << 48;
  /** KVM's own: the guest wants private memory. */
  public static final long PRIVATE_ACCESS = 1L << 49;

  /** Flags that no hardware sets; all in the upper half, so that no legacy #PF can bring one. */
  public static final long SYNTHETIC = IMPLICIT_ACCESS | PRIVATE_ACCESS;

  /** Exit qualification of an EPT violation: the access. */
  public static final long EPT_READ = 1L;

  public static final long EPT_WRITE = 1L << 1;
  public static final long EPT_INSTR = 1L << 2;
  /** Exit qualification: the permissions that the entry grants, read, write and execute. */
  public static final long EPT_RWX = 7L << 3;
  /** Exit qualification: the guest's linear address is known. */
  public static final long EPT_GVA_IS_VALID = 1L << 7;
  /** Exit qualification: the fault came after the guest's own tables had translated it. */
  public static final long EPT_GVA_TRANSLATED = 1L << 8;

  private PfErrorCode() {}

  /**
   * Yields the error code of a #PF that KVM intercepts. Legacy error codes have 32 bits; a set bit above them is a bug
   * of the caller: warned of and dropped.
   */
  @KernelFunction(
      value = "kvm_handle_page_fault",
      file = "arch/x86/kvm/mmu/mmu.c",
      version = "v6.11-v6.12",
      elided = "the async page fault of a paravirtual guest, L1TF")
  public static long pageFault(Machine m, long errorCode) {
    if (m.warnOn(errorCode >>> Integer.SIZE != 0, "kvm_handle_page_fault: error code has upper bits")) {
      return errorCode & 0xffff_ffffL;
    }
    return errorCode;
  }

  /**
   * Yields the error code of a nested page fault: a step of {@link X86Exits#npfInterception}, as of v6.11. Hardware
   * that sets a bit KVM took for itself is warned of and not believed; an encrypted access of an SNP guest is a private
   * one. v6.8 takes the code as it is, and knows no SNP guests.
   *
   * @param exitInfo1 as the CPU reports it
   * @param snpGuest whether the guest is an SNP guest
   */
  public static long nestedPageFault(Machine m, long exitInfo1, boolean snpGuest) {
    long errorCode = exitInfo1;
    if (m.warnOn((errorCode & SYNTHETIC) != 0, "npf_interception: hardware sets a synthetic flag")) {
      errorCode &= ~SYNTHETIC;
    }
    return snpGuest && (errorCode & GUEST_ENC) != 0 ? errorCode | PRIVATE_ACCESS : errorCode;
  }

  /**
   * Yields the error code of an EPT violation with {@code exitQualification}: a step of
   * {@link X86Exits#handleEptViolation}.
   */
  public static long eptViolation(long exitQualification) {
    // The format has no flag for a read: KVM tells one by USER.
    long errorCode = (exitQualification & EPT_READ) != 0 ? USER : 0;
    errorCode |= (exitQualification & EPT_WRITE) != 0 ? WRITE : 0;
    errorCode |= (exitQualification & EPT_INSTR) != 0 ? FETCH : 0;
    errorCode |= (exitQualification & EPT_RWX) != 0 ? PRESENT : 0;
    // model: as fixed after v6.12, which looks for EPT_GVA_IS_VALID in the error code and so sets neither flag; v6.8
    // does not look for it and always sets one. Nothing here depends on the two.
    if ((exitQualification & EPT_GVA_IS_VALID) != 0) {
      errorCode |= (exitQualification & EPT_GVA_TRANSLATED) != 0 ? GUEST_FINAL : GUEST_PAGE;
    }
    return errorCode;
  }

  /**
   * Yields the error code of an EPT misconfiguration: an entry with reserved bits, which KVM plants for MMIO. A step of
   * {@link X86Exits#handleEptMisconfig}.
   */
  public static long eptMisconfig() {
    return RSVD;
  }
}
