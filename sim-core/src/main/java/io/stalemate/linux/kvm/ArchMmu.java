package io.stalemate.linux.kvm;

import org.jspecify.annotations.Nullable;

/** The hooks {@code virt/kvm} calls in an architecture's MMU. gfns in pages, ends exclusive. */
public interface ArchMmu {

  /**
   * {@code kvm_unmap_gfn_range()}: removes every translation of the range. Held: mmu_lock(w).
   *
   * @param mayBlock whether the callee may let go of mmu_lock in between
   * @return whether the caller must flush the TLBs before it lets go of mmu_lock
   */
  boolean unmapGfnRange(long gfnStart, long gfnEnd, boolean mayBlock);

  /**
   * {@code kvm_set_spte_gfn()}: {@code gfn} is now backed by {@code pfn}, read-only (up to v6.9). Held: mmu_lock(w).
   *
   * @return whether the caller must flush the TLBs
   */
  boolean setSpteGfn(long gfn, long pfn);

  /** {@code kvm_age_gfn()}: clears the accessed state; yields whether any was set. Held: mmu_lock(w). */
  boolean ageGfn(long gfnStart, long gfnEnd);

  /** {@code kvm_test_age_gfn()}: yields whether the range was accessed. Held: mmu_lock(w). */
  boolean testAgeGfn(long gfnStart, long gfnEnd);

  /** {@code kvm_arch_flush_shadow_memslot()}: removes every translation of a slot. Held: slots_lock. */
  void flushShadowMemslot(KvmMemorySlot slot);

  /** {@code kvm_arch_flush_shadow_all()}: the address space goes, and with it every translation. Held: srcu. */
  void flushShadowAll();

  /**
   * {@code kvm_arch_prepare_memory_region()}. Held: slots_lock, slots_arch_lock. For DELETE {@code change.slot()} is
   * the old slot.
   *
   * @return 0 or a negative errno, which ends the ioctl
   */
  int prepareMemoryRegion(MemslotChange change);

  /** {@code kvm_arch_commit_memory_region()}: the change is visible to everybody. Held: slots_lock. */
  void commitMemoryRegion(MemslotChange change);

  /**
   * {@code kvm_arch_sync_dirty_log()}: what hardware logged as dirty is on its way to the slot's bitmap. Held:
   * slots_lock.
   */
  default void syncDirtyLog(KvmMemorySlot slot) {}

  /** {@code kvm_cpu_dirty_log_size()}: pages that hardware may log before the vCPU can note them. */
  default int cpuDirtyLogSize() {
    return 0;
  }

  /** {@code kvm_flush_remote_tlbs()}. */
  void flushRemoteTlbs();

  /** {@code kvm_flush_remote_tlbs_memslot()}: drops the translations of a slot at least. Held: slots_lock. */
  void flushRemoteTlbsMemslot(KvmMemorySlot slot);

  /**
   * {@code kvm_arch_mmu_enable_log_dirty_pt_masked()}: the next write to any of the pages faults, once the caller has
   * flushed the TLBs. Held: slots_lock, mmu_lock(w), which may be let go of in between.
   *
   * @param pageOffset page of the slot that bit 0 of {@code mask} is for
   * @param mask not 0
   */
  void enableLogDirtyPtMasked(KvmMemorySlot slot, long pageOffset, long mask);

  /**
   * {@code kvm_arch_pre_set_memory_attributes()}: before attributes of the range, a part of {@code slot}, change; takes
   * away translations of the old kind. Held: slots_lock, mmu_lock(w). Yields whether the caller must flush the TLBs.
   */
  boolean preSetMemAttributes(KvmMemorySlot slot, long gfnStart, long gfnEnd);

  /**
   * {@code kvm_arch_post_set_memory_attributes()}: after the attributes changed. Held: slots_lock, mmu_lock(w). Yields
   * whether the caller must flush the TLBs.
   */
  boolean postSetMemAttributes(KvmMemorySlot slot, long gfnStart, long gfnEnd, long attributes);

  /** {@code kvm_arch_has_private_mem()}: whether gfns of the VM may be private. */
  boolean hasPrivateMem();

  /**
   * {@code kvm_arch_gmem_prepare()}: frame {@code pfn} of a guest_memfd is about to be mapped at private {@code gfn}.
   * Held: the page's lock. Yields 0 or a negative errno.
   */
  default int gmemPrepare(long gfn, long pfn) {
    return 0;
  }

  /** {@code kvm_arch_gmem_invalidate()}: frame {@code pfn} left its guest_memfd. Held: the page's lock. */
  default void gmemInvalidate(long pfn) {}

  /**
   * {@code kvm_alloc_memslot_metadata()}: the architecture's part of a slot that is created or moved; null if it has
   * none. Held: slots_lock, slots_arch_lock.
   */
  @Nullable ArchMemorySlot allocMemslotMetadata(KvmMemorySlot slot);

  /** {@code kvm_arch_memslots_updated()}: the set of {@code generation} is about to be final. Held: slots_lock. */
  void memslotsUpdated(long generation);
}
