package io.stalemate.linux.kvm;

/** {@code run->exit_reason}: why a vCPU left to its VMM. Follows {@code include/uapi/linux/kvm.h}. */
public enum ExitReason {
  /** {@code KVM_EXIT_UNKNOWN}: none yet. */
  UNKNOWN,
  /** {@code KVM_EXIT_MMIO}: an access to an address without usable memory, for the VMM to emulate. */
  MMIO,
  /** {@code KVM_EXIT_ARM_NISV}: as MMIO, but the syndrome does not describe the access. */
  ARM_NISV,
  /** {@code KVM_EXIT_INTR}: a signal. */
  INTR,
  /** {@code KVM_EXIT_SYSTEM_EVENT}: the guest powered off; what the end of a guest program amounts to. */
  SYSTEM_EVENT,
  /** The ioctl failed; the errno says why. */
  ERROR,
  /** {@code KVM_EXIT_DIRTY_RING_FULL}: the VMM has to harvest and reset the dirty rings before the vCPU can go on. */
  DIRTY_RING_FULL,
  /** {@code KVM_EXIT_MEMORY_FAULT}, with -EFAULT: the guest wants the page private and it is shared, or the reverse. */
  MEMORY_FAULT,
  /** {@code KVM_EXIT_INTERNAL_ERROR}: KVM cannot emulate the access. */
  INTERNAL_ERROR
}
