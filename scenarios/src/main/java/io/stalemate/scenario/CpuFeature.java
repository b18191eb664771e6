package io.stalemate.scenario;

import java.util.Arrays;

/** An optional feature of the modelled CPUs that changes what the kernel does. */
public enum CpuFeature implements Worded {
  /** FEAT_TLBIRANGE: one invalidation names a range of pages. */
  TLBIRANGE("tlbirange", SystemUnderTest.KVM_ARM64),
  /** FEAT_S2FWB: stage 2 forces write-back, so that unmapping needs no cache maintenance page by page. */
  FWB("fwb", SystemUnderTest.KVM_ARM64),
  /** EPT accessed and dirty flags: hardware notes in the nested tables what it used and wrote. */
  AD("ad", SystemUnderTest.KVM_X86),
  /** Page-modification logging: hardware logs the pages whose dirty flag it sets. */
  PML("pml", SystemUnderTest.KVM_X86);

  private final String word;
  private final SystemUnderTest system;

  CpuFeature(String word, SystemUnderTest system) {
    this.word = word;
    this.system = system;
  }

  /** Yields the features of the CPUs of {@code system}. */
  public static CpuFeature[] of(SystemUnderTest system) {
    return Arrays.stream(values()).filter(feature -> feature.system == system).toArray(CpuFeature[]::new);
  }

  @Override
  public String word() {
    return word;
  }
}
