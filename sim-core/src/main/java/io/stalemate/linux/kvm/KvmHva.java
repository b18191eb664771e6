package io.stalemate.linux.kvm;

/**
 * What a gfn is for the host.
 *
 * @param hva the hva page, or one of the error codes below
 * @param writable whether the slot may be written; false with an error
 */
public record KvmHva(long hva, boolean writable) {
  /** {@code KVM_HVA_ERR_BAD}: no slot, or one on its way out. */
  public static final long ERR_BAD = -1;
  /** {@code KVM_HVA_ERR_RO_BAD}: a write to a read-only slot. */
  public static final long ERR_RO_BAD = -2;

  /** {@code kvm_is_error_hva()}. */
  public boolean isError() {
    return hva < 0;
  }
}
