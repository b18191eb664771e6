package io.stalemate.linux.x86;

/** {@code KVM_X86_*_VM}: what kind of VM. */
public enum VmType {
  /** {@code KVM_X86_DEFAULT_VM}: all memory is shared with the host. */
  DEFAULT,
  /** {@code KVM_X86_SW_PROTECTED_VM}: a page is private if its attribute says so; nothing enforces it. */
  SW_PROTECTED,
  /** {@code KVM_X86_SNP_VM} (v6.11): the guest says with each access whether it wants private memory. */
  SNP;

  /** Whether the VM may have private memory ({@code kvm_arch_has_private_mem()}). */
  public boolean hasPrivateMem() {
    return this != DEFAULT;
  }
}
