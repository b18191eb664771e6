package io.stalemate.scenario;

/**
 * What a guest asks of its hypervisor by HVC; what it returns is the call's result ({@code x0}).
 *
 * @param kind the call
 * @param ipa its argument, an address in bytes, which may be a wrong one; 0 if it has none
 */
public record GuestCall(ActionKind kind, long ipa) implements Action {

  /** Largest address that a file may give: beyond every table of the limits' size. */
  public static final long IPA_MAX = 0x7fff_ffffL;

  public GuestCall {
    Limits.check("ipa", ipa, 0, IPA_MAX);
  }
}
