package io.stalemate.linux.kvm;

import io.stalemate.machine.WordArray;
import org.jspecify.annotations.Nullable;

/**
 * {@code struct kvm_memory_slot}: an immutable object; a change of a slot makes a new one.
 *
 * @param serial names this object among all slots the VM ever had, from 1
 * @param id the user's slot number
 * @param baseGfn first gfn
 * @param npages number of pages
 * @param userspaceAddr hva page of {@code baseGfn}
 * @param flags {@link #KVM_MEM_LOG_DIRTY_PAGES}, {@link #KVM_MEM_READONLY}, {@link #KVM_MEMSLOT_INVALID}
 * @param dirtyBitmap a bit for each page, 64 a word; null unless dirty pages are logged
 * @param arch {@code slot->arch}: what the architecture keeps for the slot's pages; null if nothing
 * @param gmem the guest_memfd that has the slot's private pages; null if it has none
 */
public record KvmMemorySlot(
    long serial,
    int id,
    long baseGfn,
    long npages,
    long userspaceAddr,
    int flags,
    @Nullable WordArray dirtyBitmap,
    @Nullable ArchMemorySlot arch,
    @Nullable GmemBinding gmem) {

  public static final int KVM_MEM_LOG_DIRTY_PAGES = 1;
  public static final int KVM_MEM_READONLY = 1 << 1;
  /** The slot has a guest_memfd for its private pages. */
  public static final int KVM_MEM_GUEST_MEMFD = 1 << 2;
  /** The slot is on its way out: no new translations through it. */
  public static final int KVM_MEMSLOT_INVALID = 1 << 16;

  /** A slot without logging, arch part and guest_memfd. */
  public KvmMemorySlot(long serial, int id, long baseGfn, long npages, long userspaceAddr, int flags) {
    this(serial, id, baseGfn, npages, userspaceAddr, flags, null, null, null);
  }

  /** The same slot object with {@code bitmap}: it is not published yet. */
  KvmMemorySlot withDirtyBitmap(@Nullable WordArray bitmap) {
    return new KvmMemorySlot(serial, id, baseGfn, npages, userspaceAddr, flags, bitmap, arch, gmem);
  }

  /** The same slot object with the architecture's part: it is not published yet. */
  KvmMemorySlot withArch(@Nullable ArchMemorySlot part) {
    return new KvmMemorySlot(serial, id, baseGfn, npages, userspaceAddr, flags, dirtyBitmap, part, gmem);
  }

  /** The same slot object with a guest_memfd: it is not published yet. */
  KvmMemorySlot withGmem(@Nullable GmemBinding binding) {
    return new KvmMemorySlot(serial, id, baseGfn, npages, userspaceAddr, flags, dirtyBitmap, arch, binding);
  }

  /** {@code kvm_slot_can_be_private()}. */
  public boolean canBePrivate() {
    return gmem != null;
  }

  /** The gfn past the last. */
  public long gfnEnd() {
    return baseGfn + npages;
  }

  public boolean contains(long gfn) {
    return gfn >= baseGfn && gfn < gfnEnd();
  }

  public boolean isInvalid() {
    return (flags & KVM_MEMSLOT_INVALID) != 0;
  }

  /** {@code memslot_is_readonly()}. */
  public boolean isReadonly() {
    return (flags & KVM_MEM_READONLY) != 0;
  }

  /** {@code kvm_slot_dirty_track_enabled()} / {@code memslot_is_logging()}. */
  public boolean isLogging() {
    return (flags & KVM_MEM_LOG_DIRTY_PAGES) != 0;
  }

  /** {@code __gfn_to_hva_memslot()}: the hva page of {@code gfn}, which is inside the slot. */
  public long gfnToHva(long gfn) {
    return userspaceAddr + (gfn - baseGfn);
  }

  /** {@code hva_to_gfn_memslot()}: the gfn of hva page {@code hva}. */
  public long hvaToGfn(long hva) {
    return baseGfn + (hva - userspaceAddr);
  }
}
