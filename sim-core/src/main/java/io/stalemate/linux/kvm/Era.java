package io.stalemate.linux.kvm;

/** A kernel release that the model renders, with the races known in it fixed. */
public enum Era {
  /** mmu_lock is a spinlock on arm64; the invalidation range is kept in hvas. */
  V5_15("v5.15"),
  /** mmu_lock is an rwlock; the range is still kept in hvas. */
  V6_2("v6.2"),
  /** The range in gfns and memory attributes, as before the page-fault clean-ups of v6.11; rendered for x86 alone. */
  V6_8("v6.8"),
  /** Parallel faults, the range in gfns, memory attributes, no change_pte. */
  V6_12("v6.12");

  private final String version;

  Era(String version) {
    this.version = version;
  }

  /** The release's name, for example {@code v5.15}. */
  public String version() {
    return version;
  }
}
