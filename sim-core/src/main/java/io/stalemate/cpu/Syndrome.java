package io.stalemate.cpu;

/**
 * The syndrome of an abort from a lower exception level, {@code ESR_EL2} with the bit positions of the Arm ARM, as far
 * as KVM's abort handler looks at it. 0 is no syndrome: the access was done.
 */
public final class Syndrome {

  /** {@code HVC} from 64-bit code. */
  public static final int EC_HVC64 = 0x16;

  public static final int EC_INSTRUCTION_ABORT = 0x20;
  public static final int EC_DATA_ABORT = 0x24;

  /** Fault status without its level bits: address size, translation, access flag, permission. */
  public static final int FSC_ADDRESS_SIZE = 0x00;

  public static final int FSC_TRANSLATION = 0x04;
  public static final int FSC_ACCESS_FLAG = 0x08;
  public static final int FSC_PERMISSION = 0x0c;
  /** Synchronous external abort, not on a table walk. */
  public static final int FSC_EXTERNAL = 0x10;

  /** External aborts on table walks, and those found by parity or ECC, have these bits too. */
  public static final int FSC_EXTERNAL_TTW = 0x14;

  public static final int FSC_ECC = 0x18;
  public static final int FSC_ECC_TTW = 0x1c;

  /** The access was a write. */
  public static final long WNR = 1L << 6;
  /** The fault hit a walk of the guest's own stage-1 tables. */
  public static final long S1PTW = 1L << 7;
  /** The access was a cache maintenance instruction. */
  public static final long CM = 1L << 8;
  /** The syndrome describes the instruction well enough to emulate it. */
  public static final long ISV = 1L << 24;

  private static final int EC_SHIFT = 26;
  private static final long IL = 1L << 25;

  private Syndrome() {}

  /** Yields the syndrome of a fault of {@code type} that the access meets at {@code level}. */
  static long of(GuestInstruction instruction, int type, int level) {
    long esr = IL | type | (level & 3);
    if (instruction.instructionFetch()) {
      return esr | ((long) EC_INSTRUCTION_ABORT << EC_SHIFT) | (instruction.stage1Walk() ? S1PTW : 0);
    }
    esr |= (long) EC_DATA_ABORT << EC_SHIFT;
    if (instruction.write() || instruction.cacheMaintenance()) {
      esr |= WNR;
    }
    if (instruction.cacheMaintenance()) {
      esr |= CM;
    }
    if (instruction.stage1Walk()) {
      // The Arm ARM makes the instruction syndrome invalid for aborts on stage-1 walks.
      return esr | S1PTW;
    }
    return instruction.decodable() ? esr | ISV : esr;
  }

  /** Yields the syndrome of a call of the hypervisor. elided: its immediate. */
  public static long hvc() {
    return IL | ((long) EC_HVC64 << EC_SHIFT);
  }

  /** Exception class. */
  public static int exceptionClass(long esr) {
    return (int) (esr >>> EC_SHIFT) & 0x3f;
  }

  /** {@code kvm_vcpu_trap_is_iabt()}. */
  public static boolean instructionAbort(long esr) {
    return exceptionClass(esr) == EC_INSTRUCTION_ABORT;
  }

  /** {@code kvm_vcpu_trap_get_fault_type()}: the fault status without its level. */
  public static int faultType(long esr) {
    return (int) esr & 0x3c;
  }

  /** {@code kvm_vcpu_abt_issea()}: a synchronous external abort of whatever kind. */
  public static boolean externalAbort(long esr) {
    int type = faultType(esr);
    return type == FSC_EXTERNAL || type == FSC_EXTERNAL_TTW || type == FSC_ECC || type == FSC_ECC_TTW;
  }

  /** {@code kvm_vcpu_trap_get_fault_level()}. */
  public static int faultLevel(long esr) {
    return (int) esr & 3;
  }
}
