package io.stalemate.linux.kvm;

import static io.stalemate.linux.kvm.KvmMemorySlot.KVM_MEMSLOT_INVALID;
import static io.stalemate.linux.kvm.KvmMemorySlot.KVM_MEM_GUEST_MEMFD;
import static io.stalemate.linux.kvm.KvmMemorySlot.KVM_MEM_LOG_DIRTY_PAGES;
import static io.stalemate.linux.kvm.KvmMemorySlot.KVM_MEM_READONLY;

import io.stalemate.linux.Errno;
import io.stalemate.machine.KernelFunction;
import io.stalemate.machine.Machine;
import io.stalemate.machine.Tracepoint;
import io.stalemate.machine.Word;
import io.stalemate.machine.WordArray;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** {@code KVM_SET_USER_MEMORY_REGION}: how memslots come, change and go. Follows {@code virt/kvm/kvm_main.c}. */
public class MemoryRegions {
  /** {@code KVM_USER_MEM_SLOTS}: slot ids are below. */
  public static final int KVM_USER_MEM_SLOTS = 32767;
  /** {@code KVM_MEM_MAX_NR_PAGES}. */
  public static final long KVM_MEM_MAX_NR_PAGES = (1L << 31) - 1;
  /** In place of a guest_memfd. */
  public static final int NO_GUEST_MEMFD = -1;

  protected final Kvm kvm;
  protected final Machine m;

  // The allocator's part: how many slot objects there were. Written under slots_lock.
  private final Word serials;

  public MemoryRegions(Kvm kvm) {
    this.kvm = kvm;
    this.m = kvm.m;
    this.serials = m.word("memslot_serials", 0);
  }

  /**
   * Creates, moves, changes the flags of or, with {@code npages} 0, deletes the slot {@code id}. Yields 0 or -EINVAL,
   * -EEXIST, -ENOMEM, or what the architecture refuses with. Sleeps; takes slots_lock.
   *
   * @param gfn first gfn
   * @param hva hva page behind it
   * @param flags {@code KVM_MEM_LOG_DIRTY_PAGES}, {@code KVM_MEM_READONLY}
   */
  @KernelFunction(value = "kvm_set_memory_region", file = "virt/kvm/kvm_main.c", version = "v5.15-v6.12",
      elided = "page totals, alignment: units are pages")
  public int setMemoryRegion(int id, long gfn, long npages, long hva, int flags) {
    if ((flags & ~(KVM_MEM_LOG_DIRTY_PAGES | KVM_MEM_READONLY)) != 0) {
      return -Errno.EINVAL;
    }
    return setMemoryRegion2(id, gfn, npages, hva, flags, NO_GUEST_MEMFD, 0);
  }

  /**
   * {@code KVM_SET_USER_MEMORY_REGION2} (v6.8): as {@link #setMemoryRegion}; with {@code KVM_MEM_GUEST_MEMFD} the
   * slot's private pages are those of a guest_memfd. Yields -EBADF too. Sleeps; takes slots_lock.
   *
   * @param guestMemfd {@link KvmGmem#id}; looked at with that flag alone
   * @param pgoff the file's page that the slot's first page is
   */
  @KernelFunction(value = "kvm_vm_ioctl_set_memory_region", file = "virt/kvm/kvm_main.c", version = "v6.8-v6.12")
  public int setMemoryRegion2(int id, long gfn, long npages, long hva, int flags, int guestMemfd, long pgoff) {
    m.trace(Tracepoint.SET_REGION, id, gfn, npages, hva);
    kvm.slotsLock.lock();
    int r = setMemoryRegionLocked(id, gfn, npages, hva, flags, guestMemfd, pgoff);
    kvm.slotsLock.unlock();
    m.trace(Tracepoint.SET_REGION_DONE, id, flags, r, 0);
    return r;
  }

  /**
   * Creates a slot of KVM's own, whose id no user may have. Yields 0, -EINVAL or -EEXIST. Sleeps. Held: slots_lock.
   *
   * @param id at least {@link #KVM_USER_MEM_SLOTS}
   */
  @KernelFunction(value = "__kvm_set_memory_region", file = "virt/kvm/kvm_main.c", version = "v5.15-v6.12",
      elided = "changing such a slot: none does here")
  public int setInternalMemoryRegion(int id, long gfn, long npages, long hva) {
    m.trace(Tracepoint.SET_REGION, id, gfn, npages, hva);
    int r = createInternal(id, gfn, npages, hva);
    m.trace(Tracepoint.SET_REGION_DONE, id, 0, r, 0);
    return r;
  }

  private int createInternal(int id, long gfn, long npages, long hva) {
    KvmMemslots slots = kvm.memslots.kvmMemslotsLocked();
    if (id < KVM_USER_MEM_SLOTS || slots.byId(id).isPresent() || !kvm.mm.inRange(hva, npages)) {
      return -Errno.EINVAL;
    }
    KvmMemorySlot wanted = new KvmMemorySlot(nextSerial(), id, gfn, npages, hva, 0);
    return overlaps(slots, wanted) ? -Errno.EEXIST : setMemslot(new MemslotChange.Create(wanted));
  }

  private int setMemoryRegionLocked(
      int id, long gfn, long npages, long hva, int flags, int guestMemfd, long pgoff) {
    if (!checkMemoryRegionFlags(flags)
        || id < 0 || id >= KVM_USER_MEM_SLOTS
        || npages < 0 || npages > KVM_MEM_MAX_NR_PAGES
        || gfn < 0 || gfn + npages < gfn
        || hva < 0 || (npages > 0 && !kvm.mm.inRange(hva, npages))) {
      return -Errno.EINVAL;
    }
    KvmMemslots slots = kvm.memslots.kvmMemslotsLocked();
    Optional<KvmMemorySlot> found = slots.byId(id);
    if (npages == 0) {
      return found.isEmpty() ? -Errno.EINVAL : setMemslot(new MemslotChange.Delete(found.get()));
    }
    KvmMemorySlot wanted = new KvmMemorySlot(nextSerial(), id, gfn, npages, hva, flags);
    if (found.isEmpty()) {
      return overlaps(slots, wanted) ? -Errno.EEXIST : create(wanted, guestMemfd, pgoff);
    }
    KvmMemorySlot old = found.get();
    // A slot with a guest_memfd stays as it is until it is deleted, and none gets one later.
    if ((flags & KVM_MEM_GUEST_MEMFD) != 0
        || hva != old.userspaceAddr() || npages != old.npages()
        || ((flags ^ old.flags()) & (KVM_MEM_READONLY | KVM_MEM_GUEST_MEMFD)) != 0) {
      return -Errno.EINVAL;
    }
    if (gfn != old.baseGfn()) {
      return overlaps(slots, wanted) ? -Errno.EEXIST : setMemslot(new MemslotChange.Move(old, wanted));
    }
    return flags != old.flags() ? setMemslot(new MemslotChange.FlagsOnly(old, wanted)) : 0;
  }

  /** Neither read-only slots nor logging go with a guest_memfd, and the latter only with private memory. */
  @KernelFunction(value = "check_memory_region_flags", file = "virt/kvm/kvm_main.c", version = "v6.8-v6.12")
  private boolean checkMemoryRegionFlags(int flags) {
    int valid = KVM_MEM_LOG_DIRTY_PAGES | KVM_MEM_READONLY;
    if ((flags & KVM_MEM_GUEST_MEMFD) != 0) {
      valid = kvm.archMmu.hasPrivateMem() ? KVM_MEM_GUEST_MEMFD : 0;
    }
    return (flags & ~valid) == 0;
  }

  private int create(KvmMemorySlot wanted, int guestMemfd, long pgoff) {
    if ((wanted.flags() & KVM_MEM_GUEST_MEMFD) == 0) {
      return setMemslot(new MemslotChange.Create(wanted));
    }
    KvmGmem gmem = kvm.guestMemfd.file(guestMemfd);
    if (gmem == null) {
      return -Errno.EBADF;
    }
    KvmMemorySlot slot = kvm.guestMemfd.withGmem(wanted, gmem, pgoff);
    int r = kvm.guestMemfd.bind(slot);
    if (r != 0) {
      return r;
    }
    r = setMemslot(new MemslotChange.Create(slot));
    if (r != 0) {
      kvm.guestMemfd.unbind(slot);
    }
    return r;
  }

  /** Carries a change out. Held: slots_lock. Yields 0 or a negative errno; then nothing changed. */
  @KernelFunction(value = "kvm_set_memslot", file = "virt/kvm/kvm_main.c", version = "v5.15-v6.12",
      elided = "old->arch = invalid->arch: no arch part changes here")
  protected int setMemslot(MemslotChange change) {
    // Let go of by the swap; keeps slot->arch still while sets are copied.
    kvm.slotsArchLock.lock();
    KvmMemorySlot invalid = switch (change) {
      case MemslotChange.Delete(KvmMemorySlot old) -> invalidateMemslot(old);
      case MemslotChange.Move(KvmMemorySlot old, KvmMemorySlot slot) -> invalidateMemslot(old);
      case MemslotChange.Create c -> null;
      case MemslotChange.FlagsOnly f -> null;
    };
    MemslotChange prepared = withDirtyBitmap(change);
    int r = kvm.archMmu.prepareMemoryRegion(prepared);
    if (r != 0) {
      if (invalid != null) {
        activateMemslot(invalid.id(), oldSlot(change));
        free(invalid);
      } else {
        kvm.slotsArchLock.unlock();
      }
      return r;
    }
    prepared = withArchPart(prepared);
    switch (prepared) {
      case MemslotChange.Create(KvmMemorySlot slot) -> activateMemslot(slot.id(), slot);
      case MemslotChange.Delete(KvmMemorySlot old) -> activateMemslot(old.id(), null);
      case MemslotChange.Move(KvmMemorySlot old, KvmMemorySlot slot) -> activateMemslot(old.id(), slot);
      case MemslotChange.FlagsOnly(KvmMemorySlot old, KvmMemorySlot slot) -> activateMemslot(old.id(), slot);
    }
    if (invalid != null) {
      free(invalid);
    }
    commitMemoryRegion(prepared);
    return 0;
  }

  /**
   * Takes the slot away from new faults, waits for those under way, and removes its translations: after that no leaf of
   * the slot can appear. Held: slots_lock, slots_arch_lock. Yields the slot that stands in.
   */
  @KernelFunction(value = "kvm_invalidate_memslot", file = "virt/kvm/kvm_main.c", version = "v5.17-v6.12")
  protected KvmMemorySlot invalidateMemslot(KvmMemorySlot old) {
    KvmMemorySlot invalid = invalidCopy(old);
    activateMemslot(old.id(), invalid);
    flushShadowMemslot(old);
    kvm.slotsArchLock.lock();
    return invalid;
  }

  /** Yields the slot that stands in for {@code old}. Held: slots_lock. */
  protected KvmMemorySlot invalidCopy(KvmMemorySlot old) {
    return new KvmMemorySlot(nextSerial(), old.id(), old.baseGfn(), old.npages(),
        old.userspaceAddr(), old.flags() | KVM_MEMSLOT_INVALID, old.dirtyBitmap(), old.arch(), old.gmem());
  }

  /** kvm_arch_flush_shadow_memslot(). Held: slots_lock. */
  protected void flushShadowMemslot(KvmMemorySlot old) {
    kvm.archMmu.flushShadowMemslot(old);
  }

  /** Makes active a set in which {@code slot}, or nothing, has the place of slot {@code id}; see the swap for locks. */
  @KernelFunction(value = "kvm_activate_memslot", file = "virt/kvm/kvm_main.c", version = "v5.17-v6.12")
  protected void activateMemslot(int id, @Nullable KvmMemorySlot slot) {
    List<KvmMemorySlot> slots = new ArrayList<>(kvm.memslots.kvmMemslotsLocked().slots());
    slots.removeIf(s -> s.id() == id);
    if (slot != null) {
      slots.add(slot);
      slots.sort(Comparator.comparingLong(KvmMemorySlot::baseGfn));
    }
    kvm.memslots.swapActiveMemslots(slots);
  }

  /** What is done once everybody sees the change. Held: slots_lock. */
  @KernelFunction(value = "kvm_commit_memory_region", file = "virt/kvm/kvm_main.c", version = "v5.17-v6.12")
  protected void commitMemoryRegion(MemslotChange change) {
    int loggingBefore = 0;
    int loggingAfter = 0;
    switch (change) {
      case MemslotChange.Create(KvmMemorySlot slot) -> loggingAfter = logging(slot);
      case MemslotChange.Delete(KvmMemorySlot old) -> loggingBefore = logging(old);
      case MemslotChange.Move(KvmMemorySlot old, KvmMemorySlot slot) -> {
        loggingBefore = logging(old);
        loggingAfter = logging(slot);
      }
      case MemslotChange.FlagsOnly(KvmMemorySlot old, KvmMemorySlot slot) -> {
        loggingBefore = logging(old);
        loggingAfter = logging(slot);
      }
    }
    if (loggingBefore != loggingAfter) {
      kvm.nrMemslotsDirtyLogging.fetchAdd(loggingAfter - loggingBefore);
    }
    kvm.archMmu.commitMemoryRegion(change);
    if (loggingBefore != loggingAfter) {
      m.trace(Tracepoint.DIRTY_LOGGING, change.slot().id(), loggingAfter);
    }
    switch (change) {
      case MemslotChange.Create c -> { }
      case MemslotChange.Delete(KvmMemorySlot old) -> gone(old);
      case MemslotChange.Move(KvmMemorySlot old, KvmMemorySlot slot) -> gone(old);
      case MemslotChange.FlagsOnly(KvmMemorySlot old, KvmMemorySlot slot) -> free(old);
    }
  }

  /** Logging slots have a bitmap, unless vCPUs have rings: theirs, or a new one. elided: its allocation failing. */
  private MemslotChange withDirtyBitmap(MemslotChange change) {
    return switch (change) {
      case MemslotChange.Create(KvmMemorySlot slot) -> new MemslotChange.Create(withBitmap(slot, null));
      case MemslotChange.Delete d -> d;
      case MemslotChange.Move(KvmMemorySlot old, KvmMemorySlot slot) ->
          new MemslotChange.Move(old, withBitmap(slot, old.dirtyBitmap()));
      case MemslotChange.FlagsOnly(KvmMemorySlot old, KvmMemorySlot slot) ->
          new MemslotChange.FlagsOnly(old, withBitmap(slot, old.dirtyBitmap()));
    };
  }

  /** {@code slot->arch}: new for a slot with new gfns, else the old one. Held: slots_lock, slots_arch_lock. */
  private MemslotChange withArchPart(MemslotChange change) {
    return switch (change) {
      case MemslotChange.Create(KvmMemorySlot slot) ->
          new MemslotChange.Create(slot.withArch(kvm.archMmu.allocMemslotMetadata(slot)));
      case MemslotChange.Delete d -> d;
      case MemslotChange.Move(KvmMemorySlot old, KvmMemorySlot slot) ->
          new MemslotChange.Move(old, slot.withArch(kvm.archMmu.allocMemslotMetadata(slot)));
      case MemslotChange.FlagsOnly(KvmMemorySlot old, KvmMemorySlot slot) ->
          new MemslotChange.FlagsOnly(old, slot.withArch(old.arch()));
    };
  }

  private KvmMemorySlot withBitmap(KvmMemorySlot slot, @Nullable WordArray reused) {
    if (!slot.isLogging() || (reused == null && !kvm.dirtyLog.useDirtyBitmap())) {
      return slot;
    }
    WordArray bitmap = reused != null ? reused : newBitmap(slot);
    return slot.withDirtyBitmap(bitmap);
  }

  private WordArray newBitmap(KvmMemorySlot slot) {
    int words = (int) ((slot.npages() + Long.SIZE - 1) / Long.SIZE);
    WordArray bitmap = m.words("dirty_bitmap[" + slot.serial() + "]", words);
    if (kvm.dirtyLog.manualProtectAndInitSet()) {
      for (int i = 0; i < words; i++) {
        long page = (long) i * Long.SIZE;
        long pages = Math.min(slot.npages() - page, Long.SIZE);
        long mask = -1L >>> Long.SIZE - pages;
        bitmap.at(i).write(mask);
        m.trace(Tracepoint.DIRTY_SET, slot.id(), page, mask, 0);
      }
    }
    return bitmap;
  }

  /** {@code kvm_check_memslot_overlap()}: whether another slot has any of the gfns. */
  @KernelFunction(value = "kvm_check_memslot_overlap", file = "virt/kvm/kvm_main.c", version = "v5.17-v6.12")
  private static boolean overlaps(KvmMemslots slots, KvmMemorySlot wanted) {
    for (KvmMemorySlot slot : slots.slots()) {
      if (slot.id() != wanted.id() && slot.baseGfn() < wanted.gfnEnd() && wanted.baseGfn() < slot.gfnEnd()) {
        return true;
      }
    }
    return false;
  }

  private void gone(KvmMemorySlot old) {
    kvm.guestMemfd.unbind(old);
    free(old);
    m.trace(Tracepoint.SLOT_GONE, old.id(), old.baseGfn(), old.npages(), old.userspaceAddr());
  }

  private void free(KvmMemorySlot slot) {
    m.trace(Tracepoint.SLOT_FREE, slot.serial(), 0);
  }

  private static int logging(KvmMemorySlot slot) {
    return slot.isLogging() ? 1 : 0;
  }

  private static KvmMemorySlot oldSlot(MemslotChange change) {
    return switch (change) {
      case MemslotChange.Create(KvmMemorySlot slot) -> slot;
      case MemslotChange.Delete(KvmMemorySlot old) -> old;
      case MemslotChange.Move(KvmMemorySlot old, KvmMemorySlot slot) -> old;
      case MemslotChange.FlagsOnly(KvmMemorySlot old, KvmMemorySlot slot) -> old;
    };
  }

  private long nextSerial() {
    long serial = serials.read() + 1;
    serials.write(serial);
    return serial;
  }
}
