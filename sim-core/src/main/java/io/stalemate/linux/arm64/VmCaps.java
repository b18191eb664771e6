package io.stalemate.linux.arm64;

/**
 * What a VM was made with, as far as its aborts ask: capabilities that were turned on before its vCPUs ran, and the
 * host's.
 *
 * @param nisvToUser {@code KVM_CAP_ARM_NISV_TO_USER}: an access outside memslots that the syndrome does not describe
 *     leaves to the VMM
 * @param protectedVm pKVM hides the VM's registers from the host
 * @param claimsSea the host's RAS code takes external aborts ({@code apei_claim_sea()})
 * @param ipaLimit {@code get_kvm_ipa_limit()}: bits of an IPA that the host's CPUs can translate
 */
public record VmCaps(boolean nisvToUser, boolean protectedVm, boolean claimsSea, int ipaLimit) {

  /** The bits of {@link io.stalemate.machine.Tracepoint#CREATE_VM}. */
  public static final int NISV_TO_USER = 1;

  public static final int PROTECTED_VM = 1 << 1;
  public static final int CLAIMS_SEA = 1 << 2;

  /** 48 bits: CPUs without large physical addresses. */
  public static final int IPA_LIMIT_DEFAULT = 48;

  /** None of them. */
  public static VmCaps none() {
    return new VmCaps(false, false, false, IPA_LIMIT_DEFAULT);
  }

  /** The capabilities as bits. */
  int bits() {
    return (nisvToUser ? NISV_TO_USER : 0) | (protectedVm ? PROTECTED_VM : 0) | (claimsSea ? CLAIMS_SEA : 0);
  }
}
