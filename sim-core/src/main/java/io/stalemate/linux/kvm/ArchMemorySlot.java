package io.stalemate.linux.kvm;

/** {@code struct kvm_arch_memory_slot}: what an architecture keeps for a memslot. Guarded by slots_arch_lock. */
public interface ArchMemorySlot {}
