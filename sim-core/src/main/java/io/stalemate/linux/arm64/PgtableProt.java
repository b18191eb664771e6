package io.stalemate.linux.arm64;

import io.stalemate.cpu.StageTwoPte;

/** {@code enum kvm_pgtable_prot}: what a caller of the stage-2 code asks for, bits of one int. */
public final class PgtableProt {

  public static final int X = 1;
  public static final int W = 1 << 1;
  public static final int R = 1 << 2;
  public static final int DEVICE = 1 << 3;
  public static final int RWX = R | W | X;

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
    return attr | StageTwoPte.SH_INNER | StageTwoPte.AF;
  }
}
