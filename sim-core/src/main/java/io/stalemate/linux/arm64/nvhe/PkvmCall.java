package io.stalemate.linux.arm64.nvhe;

/** The page transitions, as {@code pkvm_transition} numbers them: by ordinal. */
public enum PkvmCall {
  /** {@code __pkvm_host_share_hyp()} of v5.15, which tolerates a second share. */
  SHARE_HYP_V515("share-hyp-v5.15"),
  /** {@code __pkvm_host_share_hyp()}. */
  SHARE_HYP("share-hyp"),
  /** {@code __pkvm_host_unshare_hyp()}. */
  UNSHARE_HYP("unshare-hyp"),
  /** {@code __pkvm_host_donate_hyp()}. */
  DONATE_HYP("donate-hyp"),
  /** {@code __pkvm_hyp_donate_host()}. */
  HYP_DONATE_HOST("hyp-donate-host"),
  /** {@code hyp_pin_shared_mem()}. */
  PIN("pin"),
  /** {@code hyp_unpin_shared_mem()}. */
  UNPIN("unpin"),
  /** {@code __pkvm_host_share_ffa()}. */
  SHARE_FFA("share-ffa"),
  /** {@code __pkvm_host_unshare_ffa()}. */
  UNSHARE_FFA("unshare-ffa"),
  /** {@code __pkvm_host_share_guest()}. */
  SHARE_GUEST("share-guest"),
  /** {@code __pkvm_host_unshare_guest()}. */
  UNSHARE_GUEST("unshare-guest");

  private final String word;

  PkvmCall(String word) {
    this.word = word;
  }

  /** As the table of transitions writes it. */
  public String word() {
    return word;
  }
}
