package io.stalemate.linux.arm64;

/**
 * The features of the modelled CPUs that the stage-2 code asks about.
 *
 * @param tlbRange FEAT_TLBIRANGE: invalidation by range
 * @param fwb FEAT_S2FWB: stage 2 forces write-back, so unmap needs no cache maintenance
 */
public record CpuFeatures(boolean tlbRange, boolean fwb) {

  /** CPUs with neither. */
  public static CpuFeatures none() {
    return new CpuFeatures(false, false);
  }
}
