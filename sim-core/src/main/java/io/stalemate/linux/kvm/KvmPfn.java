package io.stalemate.linux.kvm;

/**
 * {@code kvm_pfn_t} and the {@code writable} that comes with it.
 *
 * @param pfn the frame, with one page reference that the caller must drop, or one of the error codes below
 * @param writable whether the host lets the frame be written
 */
public record KvmPfn(long pfn, boolean writable) {
  /** {@code KVM_PFN_ERR_FAULT}: the host cannot give the page. */
  public static final long ERR_FAULT = -1;
  /** {@code KVM_PFN_ERR_HWPOISON}: the page is poisoned. */
  public static final long ERR_HWPOISON = -2;
  /** {@code KVM_PFN_ERR_RO_FAULT}: a write to a read-only slot. */
  public static final long ERR_RO_FAULT = -3;
  /** {@code KVM_PFN_NOSLOT}: no slot, or an invalid one. */
  public static final long NOSLOT = -4;

  /** Up to v6.12 {@code *async}, later {@code KVM_PFN_ERR_NEEDS_IO}: the host has the page, but not at once. */
  public static final long ERR_NEEDS_IO = -6;

  /** {@code is_error_pfn()}: an error, {@link #NOSLOT} not counted. */
  public boolean isError() {
    return pfn < 0 && pfn != NOSLOT;
  }

  /** {@code is_error_noslot_pfn()}: no frame, for whatever reason. */
  public boolean isErrorNoslot() {
    return pfn < 0;
  }
}
