package io.stalemate.linux.kvm;

import io.stalemate.linux.Errno;
import io.stalemate.machine.KernelFunction;
import io.stalemate.machine.Machine;
import io.stalemate.machine.Tracepoint;
import io.stalemate.machine.WordArray;
import java.util.ArrayList;
import java.util.List;

/**
 * {@code KVM_SET_MEMORY_ATTRIBUTES} (v6.8 and later): which gfns are private. A change is an invalidation of its range;
 * readers see it one gfn at a time, behind the invalidation counters. Follows {@code virt/kvm/kvm_main.c}.
 */
public class MemAttributes {
  /** {@code KVM_MEMORY_ATTRIBUTE_PRIVATE}. */
  public static final long KVM_MEMORY_ATTRIBUTE_PRIVATE = 1 << 3;

  private static final long PAGE_SIZE = 4096;

  protected final Kvm kvm;
  protected final Machine m;

  /** {@code kvm->mem_attr_array}: written under slots_lock, read without a lock. */
  private final WordArray memAttrArray;

  public MemAttributes(Kvm kvm) {
    this.kvm = kvm;
    this.m = kvm.m;
    this.memAttrArray = m.words("mem_attr_array", (int) kvm.gfnsMax);
  }

  /** What one memslot's part of a range needs done; yields whether to flush. Held: slots_lock, mmu_lock(w). */
  private interface SlotRangeHandler {
    boolean handle(KvmMemorySlot slot, long gfnStart, long gfnEnd);
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

  /** {@link #setMemoryAttributes} of the pages {@code [gfnStart, gfnEnd)}. */
  @KernelFunction(value = "kvm_vm_ioctl_set_mem_attributes", file = "virt/kvm/kvm_main.c", version = "v6.8-v6.12")
  public int set(long gfnStart, long gfnEnd, long attributes) {
    return setMemoryAttributes(gfnStart * PAGE_SIZE, (gfnEnd - gfnStart) * PAGE_SIZE, attributes, 0);
  }

  /**
   * The ioctl: gives {@code size} bytes of guest memory from {@code address} the attributes. Yields 0; -EINVAL for
   * flags, attributes that the VM cannot have, a range that is empty, wraps around or is not of whole pages; -ENOTTY
   * before v6.8, which has no such ioctl. Sleeps; takes slots_lock.
   */
  @KernelFunction(value = "kvm_vm_ioctl_set_mem_attributes", file = "virt/kvm/kvm_main.c", version = "v6.8-v6.12")
  public int setMemoryAttributes(long address, long size, long attributes, long flags) {
    boolean known = switch (kvm.era) {
      case V5_15, V6_2 -> false;
      case V6_8, V6_12 -> true;
    };
    if (!known) {
      return -Errno.ENOTTY;
    }
    if (flags != 0 || (attributes & ~supportedMemAttributes()) != 0) {
      return -Errno.EINVAL;
    }
    if (size == 0 || Long.compareUnsigned(address + size, address) < 0 || ((address | size) & PAGE_SIZE - 1) != 0) {
      return -Errno.EINVAL;
    }
    // model: the kernel keeps attributes of any gfn; here those are dropped where neither memory nor access can be.
    long gfnStart = Math.min(Long.divideUnsigned(address, PAGE_SIZE), kvm.gfnsMax);
    long gfnEnd = Math.min(Long.divideUnsigned(address + size, PAGE_SIZE), kvm.gfnsMax);
    return setMemAttributes(gfnStart, gfnEnd, attributes);
  }

  /** The attributes that gfns of the VM may have. */
  @KernelFunction(value = "kvm_supported_mem_attributes", file = "virt/kvm/kvm_main.c", version = "v6.8-v6.12")
  public long supportedMemAttributes() {
    return kvm.archMmu.hasPrivateMem() ? KVM_MEMORY_ATTRIBUTE_PRIVATE : 0;
  }

  @KernelFunction(value = "kvm_vm_set_mem_attributes", file = "virt/kvm/kvm_main.c", version = "v6.8-v6.12",
      elided = "reserving xarray entries: nothing can fail here")
  private int setMemAttributes(long gfnStart, long gfnEnd, long attributes) {
    kvm.slotsLock.lock();
    if (!rangeHas(gfnStart, gfnEnd, attributes)) {
      change(gfnStart, gfnEnd, attributes);
    }
    kvm.slotsLock.unlock();
    return 0;
  }

  /** The three steps of a change, in the one order that is right. Held: slots_lock. */
  protected void change(long gfnStart, long gfnEnd, long attributes) {
    preSet(gfnStart, gfnEnd);
    store(gfnStart, gfnEnd, attributes);
    postSet(gfnStart, gfnEnd, attributes);
  }

  /** An invalidation of the range begins, and translations of the old kind go. Held: slots_lock. */
  @KernelFunction(value = "kvm_pre_set_memory_attributes", file = "virt/kvm/kvm_main.c", version = "v6.8-v6.12")
  protected void preSet(long gfnStart, long gfnEnd) {
    handleGfnRange(gfnStart, gfnEnd, kvm.mmuInvalidation::begin, (slot, start, end) -> {
      kvm.mmuInvalidation.rangeAdd(start, end);
      return archPreSet(slot, start, end);
    });
  }

  /** kvm_arch_pre_set_memory_attributes(). Held: slots_lock, mmu_lock(w). */
  protected boolean archPreSet(KvmMemorySlot slot, long gfnStart, long gfnEnd) {
    return kvm.archMmu.preSetMemAttributes(slot, gfnStart, gfnEnd);
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
        (slot, start, end) -> kvm.archMmu.postSetMemAttributes(slot, start, end, attributes));
  }

  /**
   * Calls {@code handler} for the part of each memslot in the range, under mmu_lock; the first hit takes the lock and
   * runs {@code onLock}. No srcu section: slots_lock keeps the slots. Without a slot in the range nothing is mapped
   * there, and the counters stay as they are.
   */
  @KernelFunction(value = "kvm_handle_gfn_range", file = "virt/kvm/kvm_main.c", version = "v6.8-v6.12")
  private void handleGfnRange(
      long gfnStart, long gfnEnd, Runnable onLock, SlotRangeHandler handler) {
    boolean locked = false;
    boolean flush = false;
    for (KvmMemorySlot slot : slotsInRange(gfnStart, gfnEnd)) {
      long start = Math.max(gfnStart, slot.baseGfn());
      long end = Math.min(gfnEnd, slot.gfnEnd());
      m.trace(Tracepoint.SLOT_USE, slot.serial(), start);
      if (!locked) {
        locked = true;
        kvm.mmuLock.writeLock();
        onLock.run();
      }
      flush |= handler.handle(slot, start, end);
    }
    if (flush) {
      kvm.archMmu.flushRemoteTlbs();
    }
    if (locked) {
      kvm.mmuLock.writeUnlock();
    }
  }

  /** The memslots that have a part of the range. Held: slots_lock. */
  @KernelFunction(value = "kvm_for_each_memslot_in_gfn_range", file = "include/linux/kvm_host.h",
      version = "v6.8-v6.12")
  protected List<KvmMemorySlot> slotsInRange(long gfnStart, long gfnEnd) {
    List<KvmMemorySlot> slots = new ArrayList<>();
    for (KvmMemorySlot slot : kvm.memslots.kvmMemslotsLocked().slots()) {
      if (slot.baseGfn() < gfnEnd && slot.gfnEnd() > gfnStart) {
        slots.add(slot);
      }
    }
    return slots;
  }

  /** Whether all gfns of the range have these attributes. */
  @KernelFunction(value = "kvm_range_has_memory_attributes", file = "virt/kvm/kvm_main.c", version = "v6.8-v6.12")
  public boolean rangeHas(long gfnStart, long gfnEnd, long attributes) {
    for (long gfn = gfnStart; gfn < gfnEnd; gfn++) {
      if (get(gfn) != attributes) {
        return false;
      }
    }
    return true;
  }
}
