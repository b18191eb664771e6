package io.stalemate.linux.arm64;

/**
 * What a fault is about to install. While it lasts, the fault holds one reference on the page.
 *
 * @param gfn first gfn of the mapping
 * @param shift pages of the mapping as a power of two: 0 for a page
 * @param forcePte the mapping must not become a block
 * @param pfn frame behind {@code gfn}, or one of the error codes of {@link io.stalemate.linux.kvm.KvmPfn}
 * @param writable whether the leaf may be writable
 * @param mmuSeq the sample of {@code mmu_invalidate_seq} that the retry check compares
 */
public record FaultinPage(long gfn, int shift, boolean forcePte, long pfn, boolean writable, long mmuSeq) {

  /** {@code is_error_noslot_pfn()}. */
  public boolean isErrorNoslot() {
    return pfn < 0;
  }

  /** The same page, not writable. */
  public FaultinPage readOnly() {
    return new FaultinPage(gfn, shift, forcePte, pfn, false, mmuSeq);
  }

  /** The same page with another sample. */
  public FaultinPage withMmuSeq(long seq) {
    return new FaultinPage(gfn, shift, forcePte, pfn, writable, seq);
  }

  /** The same page, with {@code 1 << newShift} pages for the size of what is mapped there. */
  public FaultinPage withShift(int newShift) {
    return new FaultinPage(gfn, newShift, forcePte, pfn, writable, mmuSeq);
  }

  /** The block of {@code 1 << blockShift} pages around the page; the page itself if that is its size already. */
  public FaultinPage asBlock(int blockShift) {
    if (blockShift == shift) {
      return this;
    }
    long mask = -(1L << blockShift);
    return new FaultinPage(gfn & mask, blockShift, forcePte, pfn & mask, writable, mmuSeq);
  }
}
