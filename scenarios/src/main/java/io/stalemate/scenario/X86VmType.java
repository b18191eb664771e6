package io.stalemate.scenario;

/** What kind of VM a scenario has on x86. */
public enum X86VmType implements Worded {
  /** All memory is shared with the host. */
  DEFAULT("default"),
  /** A page is private if its attribute says so; the guest does not say what it wants. */
  SW_PROTECTED("sw-protected"),
  /** SEV-SNP (v6.12): the guest says with each access whether it wants private memory. */
  SNP("snp");

  private final String word;

  X86VmType(String word) {
    this.word = word;
  }

  /** Whether pages may be private. */
  public boolean hasPrivateMemory() {
    return this != DEFAULT;
  }

  @Override
  public String word() {
    return word;
  }
}
