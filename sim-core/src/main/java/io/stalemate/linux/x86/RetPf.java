package io.stalemate.linux.x86;

/**
 * {@code RET_PF_*}: what a page fault handler decided. None is negative: errnos are, and they go to user space. The
 * numbers are v6.12's; v6.8 has the same without WRITE_PROTECTED.
 */
public final class RetPf {
  /** So far, so good. */
  public static final int CONTINUE = 0;
  /** Let the guest fault again. */
  public static final int RETRY = 1;
  /** Emulate the instruction. */
  public static final int EMULATE = 2;
  /** The gfn is write-protected and the guest writes: emulate, unless it can be unprotected. */
  public static final int WRITE_PROTECTED = 3;
  /** The MMIO SPTE is out of date, or the fast path does not apply: handle it as an ordinary fault. */
  public static final int INVALID = 4;
  /** The leaf is in place. */
  public static final int FIXED = 5;
  /** The leaf was in place already. */
  public static final int SPURIOUS = 6;

  private RetPf() {}
}
