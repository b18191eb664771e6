package io.stalemate.linux.kvm;

/** {@code enum kvm_mr_change} with the slots it is about. */
public sealed interface MemslotChange {

  /** The slot that the change is about, as it is afterwards; for {@link Delete}, as it was before. */
  KvmMemorySlot slot();

  /** {@code KVM_MR_CREATE}. */
  record Create(KvmMemorySlot slot) implements MemslotChange {}

  /** {@code KVM_MR_DELETE}. */
  record Delete(KvmMemorySlot slot) implements MemslotChange {}

  /** {@code KVM_MR_MOVE}: another gfn. */
  record Move(KvmMemorySlot old, KvmMemorySlot slot) implements MemslotChange {}

  /** {@code KVM_MR_FLAGS_ONLY}. */
  record FlagsOnly(KvmMemorySlot old, KvmMemorySlot slot) implements MemslotChange {}
}
