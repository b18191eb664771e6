package io.stalemate.cpu.x86;

import io.stalemate.cpu.GuestInstruction;
import io.stalemate.machine.Access;

/**
 * Why a CPU left the guest, as a {@code long} above 0: the exit reason, and in the lower half what hardware says about
 * it. Reasons and bits are those of the Intel SDM (volume 3, "VM-Exit Information Fields") and, for #NPF, of the AMD
 * APM (volume 2, "Nested Paging").
 */
public final class VmExit {

  /** An interrupt. */
  public static final int EXTERNAL_INTERRUPT = 1;
  /** The guest halted. */
  public static final int HLT = 12;
  /** The guest was not entered: its state is invalid. */
  public static final int INVALID_STATE = 33;
  /** The tables do not permit the access. */
  public static final int EPT_VIOLATION = 48;
  /** The tables have an entry that no table may have. */
  public static final int EPT_MISCONFIG = 49;
  /** The page-modification log has no room. */
  public static final int PML_FULL = 62;
  /** {@code SVM_EXIT_NPF}: what EPT_VIOLATION and EPT_MISCONFIG are on AMD. */
  public static final int NPF = 0x400;

  // Exit qualification of an EPT violation.
  static final long QUAL_READ = 1L;
  static final long QUAL_WRITE = 1L << 1;
  static final long QUAL_INSTR = 1L << 2;
  private static final int QUAL_GRANTED_SHIFT = 3;
  static final long QUAL_GVA_IS_VALID = 1L << 7;
  static final long QUAL_GVA_TRANSLATED = 1L << 8;

  // EXITINFO1 of a #NPF.
  static final long NPF_PRESENT = 1L;
  static final long NPF_WRITE = 1L << 1;
  static final long NPF_USER = 1L << 2;
  static final long NPF_RSVD = 1L << 3;
  static final long NPF_FETCH = 1L << 4;
  static final long NPF_RMP = 1L << 31;
  static final long NPF_FINAL = 1L << 32;
  static final long NPF_PAGE = 1L << 33;
  static final long NPF_ENC = 1L << 34;

  private static final int REASON_SHIFT = 52;

  private VmExit() {}

  /** An exit for {@code reason} of which there is nothing else to say. */
  public static long of(int reason) {
    return (long) reason << REASON_SHIFT;
  }

  /** The reason of {@code exit}. */
  public static int reason(long exit) {
    return (int) (exit >>> REASON_SHIFT);
  }

  /** What hardware says about it: the exit qualification, or EXITINFO1. */
  public static long qualification(long exit) {
    return exit & (1L << REASON_SHIFT) - 1;
  }

  /** The violation of an access to which the entries of the walk, all of them, grant {@code granted} of RWX. */
  static long violation(GuestInstruction instruction, long granted) {
    long access = switch (instruction.performed()) {
      case LOAD -> QUAL_READ;
      case STORE -> QUAL_WRITE;
      case FETCH -> QUAL_INSTR;
      case LOAD_TAGS, STORE_TAGS -> throw new IllegalArgumentException("x86 has no tags");
    };
    long translated = instruction.stage1Walk() ? 0 : QUAL_GVA_TRANSLATED;
    return of(EPT_VIOLATION) | access | granted << QUAL_GRANTED_SHIFT | QUAL_GVA_IS_VALID | translated;
  }

  /** The #NPF of an access, with {@code cause} of the flags that say what was wrong with the entry. */
  static long nestedPageFault(GuestInstruction instruction, long cause) {
    Access performed = instruction.performed();
    // Nested walks are user accesses, whoever makes them.
    long code = NPF_USER | cause;
    code |= performed == Access.STORE ? NPF_WRITE : 0;
    code |= performed == Access.FETCH ? NPF_FETCH : 0;
    code |= instruction.stage1Walk() ? NPF_PAGE : NPF_FINAL;
    code |= instruction.privateAccess() ? NPF_ENC : 0;
    return of(NPF) | code;
  }
}
