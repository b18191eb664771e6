package io.stalemate.scenario;

/**
 * How a VM's MMIO guard is set up.
 *
 * @param lasting a page stays a device from MAP until UNMAP returned; else until its stage-2 entry is unmapped, which
 *     is all that the series promises
 * @param gicv2 gfn of the virtual CPU interface of an in-kernel GICv2; {@link #NO_GICV2} without one
 */
public record MmioGuardSetup(boolean lasting, long gicv2) {

  /** In place of a gfn. */
  public static final long NO_GICV2 = -1;

  public MmioGuardSetup {
    Limits.check("gicv2", gicv2, NO_GICV2, Limits.GFNS - 1);
  }

  /** The series' guard, without a GICv2. */
  public static MmioGuardSetup series() {
    return new MmioGuardSetup(false, NO_GICV2);
  }
}
