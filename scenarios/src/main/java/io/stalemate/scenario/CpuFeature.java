package io.stalemate.scenario;

/** An optional feature of the modelled CPUs that changes what the kernel does. */
public enum CpuFeature implements Worded {
  /** FEAT_TLBIRANGE: one invalidation names a range of pages. */
  TLBIRANGE("tlbirange"),
  /** FEAT_S2FWB: stage 2 forces write-back, so that unmapping needs no cache maintenance page by page. */
  FWB("fwb");

  private final String word;

  CpuFeature(String word) {
    this.word = word;
  }

  @Override
  public String word() {
    return word;
  }
}
