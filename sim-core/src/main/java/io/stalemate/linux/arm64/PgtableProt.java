package io.stalemate.linux.arm64;

import io.stalemate.cpu.StageTwoPte;

/** {@code enum kvm_pgtable_prot}: what a caller of the stage-2 code asks for, bits of one int. */
public final class PgtableProt {

  public static final int X = 1;
  public static final int W = 1 << 1;
  public static final int R = 1 << 2;
  public static final int DEVICE = 1 << 3;
  public static final int RWX = R | W | X;
  /** The software bits {@code KVM_PGTABLE_PROT_SW0} to {@code SW3}, bits 55 to 58 of a descriptor. */
  public static final int SW0 = 1 << 4;
  public static final int SW1 = 1 << 5;
  public static final int SW2 = 1 << 6;
  public static final int SW3 = 1 << 7;
  public static final int SW = SW0 | SW1 | SW2 | SW3;

  /** From a bit of {@link #SW} to its bit of a descriptor. */
  private static final int SW_SHIFT = 51;

  private PgtableProt() {}

  /** {@code stage2_set_prot_attr()}: the leaf attributes of {@code prot}, access flag included. */
  static long leafAttributes(int prot) {
    long attr = (prot & DEVICE) != 0 ? StageTwoPte.MEMATTR_DEVICE : StageTwoPte.MEMATTR_NORMAL;
    if ((prot & X) == 0) {
      attr |= StageTwoPte.XN;
    }
    if ((prot & R) != 0) {
      attr |= StageTwoPte.S2AP_R;
    }
    if ((prot & W) != 0) {
      attr |= StageTwoPte.S2AP_W;
    }
    return attr | StageTwoPte.SH_INNER | StageTwoPte.AF | (long) (prot & SW) << SW_SHIFT;
  }

  /** {@code kvm_pgtable_stage2_pte_prot()}: what an entry permits, and its software bits; memory types are left out. */
  public static int ofStage2Pte(long pte) {
    int prot = (int) (pte >>> SW_SHIFT) & SW;
    if (!StageTwoPte.valid(pte)) {
      return prot;
    }
    if ((pte & StageTwoPte.S2AP_R) != 0) {
      prot |= R;
    }
    if ((pte & StageTwoPte.S2AP_W) != 0) {
      prot |= W;
    }
    if ((pte & StageTwoPte.XN) == 0) {
      prot |= X;
    }
    return prot;
  }
}
