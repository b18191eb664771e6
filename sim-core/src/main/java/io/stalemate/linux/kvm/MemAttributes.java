package io.stalemate.linux.kvm;

import io.stalemate.linux.Errno;
import io.stalemate.machine.KernelFunction;
import io.stalemate.machine.Machine;
import io.stalemate.machine.Tracepoint;
import io.stalemate.machine.WordArray;

/**
 * {@code KVM_SET_MEMORY_ATTRIBUTES} (v6.8 and later): which gfns are private. A change is an invalidation of its range;
 * readers see it one gfn at a time, behind the invalidation counters. Follows {@code virt/kvm/kvm_main.c}.
 */
public class MemAttributes {
  /** {@code KVM_MEMORY_ATTRIBUTE_PRIVATE}. */
  public static final long KVM_MEMORY_ATTRIBUTE_PRIVATE = 1 << 3;

  protected final Kvm kvm;
  protected final Machine m;

  /** {@code kvm->mem_attr_array}: written under slots_lock, read without a lock. */
  private final WordArray memAttrArray;

  public MemAttributes(Kvm kvm) {
    this.kvm = kvm;
    this.m = kvm.m;
    this.memAttrArray = m.words("mem_attr_array", (int) kvm.gfnsMax);
  }

  /** Yields the attributes of {@code gfn}; lock-free. */
  @KernelFunction(value = "kvm_get_memory_attributes", file = "include/linux/kvm_host.h", version = "v6.8-v6.12")
  public long get(long gfn) {
    return memAttrArray.at((int) gfn).readOnce();
  }

  /** Whether a page is private to the guest. */
  @KernelFunction(value = "kvm_mem_is_private", file = "include/linux/kvm_host.h", version = "v6.8-v6.12")
  public boolean isPrivate(long gfn) {
    return (get(gfn) & KVM_MEMORY_ATTRIBUTE_PRIVATE) != 0;
  }

  /**
   * Gives {@code [gfnStart, gfnEnd)} the attributes. Yields 0; -EINVAL for an empty or too large range and unknown
   * attributes; -ENOTTY before v6.8, which has no such ioctl. Sleeps; takes slots_lock.
   */
  @KernelFunction(value = "kvm_vm_set_mem_attributes", file = "virt/kvm/kvm_main.c", version = "v6.8-v6.12",
      elided = "reserving xarray entries: nothing can fail here")
  public int set(long gfnStart, long gfnEnd, long attributes) {
    boolean supported = switch (kvm.era) {
      case V5_15, V6_2 -> false;
      case V6_12 -> true;
    };
    if (!supported) {
      return -Errno.ENOTTY;
    }
    if ((attributes & ~KVM_MEMORY_ATTRIBUTE_PRIVATE) != 0
        || gfnStart < 0 || gfnStart >= gfnEnd || gfnEnd > kvm.gfnsMax) {
      return -Errno.EINVAL;
    }
    kvm.slotsLock.lock();
    if (!rangeHas(gfnStart, gfnEnd, attributes)) {
      preSet(gfnStart, gfnEnd);
      store(gfnStart, gfnEnd, attributes);
      postSet(gfnStart, gfnEnd, attributes);
    }
    kvm.slotsLock.unlock();
    return 0;
  }

  /** An invalidation of the range begins, and translations of the old kind go. Held: slots_lock. */
  @KernelFunction(value = "kvm_pre_set_memory_attributes", file = "virt/kvm/kvm_main.c", version = "v6.8-v6.12")
  protected void preSet(long gfnStart, long gfnEnd) {
    handleGfnRange(gfnStart, gfnEnd, kvm.mmuInvalidation::begin, (start, end) -> {
      kvm.mmuInvalidation.rangeAdd(start, end);
      return kvm.archMmu.preSetMemAttributes(start, end);
    });
  }

  /** Stores one gfn after the other; a reader in between sees a mixture, and is sent back. Held: slots_lock. */
  protected void store(long gfnStart, long gfnEnd, long attributes) {
    for (long gfn = gfnStart; gfn < gfnEnd; gfn++) {
      memAttrArray.at((int) gfn).writeOnce(attributes);
      m.trace(Tracepoint.MEM_ATTR, gfn, attributes);
    }
  }

  /** The invalidation ends. Held: slots_lock. */
  protected void postSet(long gfnStart, long gfnEnd, long attributes) {
    handleGfnRange(gfnStart, gfnEnd, kvm.mmuInvalidation::end,
        (start, end) -> kvm.archMmu.postSetMemAttributes(start, end, attributes));
  }

  /**
   * Calls {@code handler} for the part of each memslot in the range, under mmu_lock; the first hit takes the lock and
   * runs {@code onLock}. No srcu section: slots_lock keeps the slots. Without a slot in the range nothing is mapped
   * there, and the counters stay as they are.
   */
  @KernelFunction(value = "kvm_handle_gfn_range", file = "virt/kvm/kvm_main.c", version = "v6.8-v6.12")
  private void handleGfnRange(
      long gfnStart, long gfnEnd, Runnable onLock, MmuNotifier.GfnRangeHandler handler) {
    boolean locked = false;
    boolean flush = false;
    for (KvmMemorySlot slot : kvm.memslots.kvmMemslotsLocked().slots()) {
      long start = Math.max(gfnStart, slot.baseGfn());
      long end = Math.min(gfnEnd, slot.gfnEnd());
      if (start >= end) {
        continue;
      }
      m.trace(Tracepoint.SLOT_USE, slot.serial(), start);
      if (!locked) {
        locked = true;
        kvm.mmuLock.writeLock();
        onLock.run();
      }
      flush |= handler.handle(start, end);
    }
    if (flush) {
      kvm.archMmu.flushRemoteTlbs();
    }
    if (locked) {
      kvm.mmuLock.writeUnlock();
    }
  }

  private boolean rangeHas(long gfnStart, long gfnEnd, long attributes) {
    for (long gfn = gfnStart; gfn < gfnEnd; gfn++) {
      if (get(gfn) != attributes) {
        return false;
      }
    }
    return true;
  }
}
