package io.stalemate.linux.arm64;

/**
 * What a fault took from the VMA under {@code mmap_lock}: stale as soon as the lock is gone, which is why the sequence
 * was sampled with it.
 *
 * @param exists whether there is a VMA at all
 * @param shift pages that one mapping may cover, as a power of two: 0 for a page
 * @param forcePte the mapping must not become a block
 * @param mteAllowed {@code kvm_vma_mte_allowed()}: its pages may be given to a guest that has tags
 * @param mmuSeq {@code mmu_invalidate_seq} as sampled for the fault
 */
public record VmaFacts(boolean exists, int shift, boolean forcePte, boolean mteAllowed, long mmuSeq) {

  /** No VMA. */
  static VmaFacts none() {
    return new VmaFacts(false, 0, false, false, 0);
  }

  /** The same facts with another sample. */
  public VmaFacts withMmuSeq(long seq) {
    return new VmaFacts(exists, shift, forcePte, mteAllowed, seq);
  }
}
