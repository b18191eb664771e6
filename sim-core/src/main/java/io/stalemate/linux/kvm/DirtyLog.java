package io.stalemate.linux.kvm;

import static io.stalemate.linux.Errno.E2BIG;
import static io.stalemate.linux.Errno.EINVAL;
import static io.stalemate.linux.Errno.ENOENT;
import static io.stalemate.linux.Errno.ENXIO;

import io.stalemate.machine.KernelFunction;
import io.stalemate.machine.Machine;
import io.stalemate.machine.Tracepoint;
import io.stalemate.machine.Word;
import io.stalemate.machine.WordArray;
import java.util.Optional;

/**
 * Which pages the guest wrote, by bitmap or by ring: what live migration asks. One order holds everywhere: forget that
 * the page is dirty, then write-protect it, then flush the TLBs, then tell user space. A write before the flush is then
 * in what user space is told, and one after it faults and is noted anew. Follows {@code virt/kvm/kvm_main.c}.
 */
public class DirtyLog {
  /** {@code KVM_DIRTY_LOG_MANUAL_PROTECT_ENABLE}. */
  public static final long KVM_DIRTY_LOG_MANUAL_PROTECT_ENABLE = 1;
  /** {@code KVM_DIRTY_LOG_INITIALLY_SET}: every page of a slot counts as dirty when its logging begins. */
  public static final long KVM_DIRTY_LOG_INITIALLY_SET = 1 << 1;
  /** {@code KVM_DIRTY_RING_MAX_ENTRIES}. */
  public static final int KVM_DIRTY_RING_MAX_ENTRIES = 65536;

  /**
   * The least size of a ring. model: so that it can fill up in a short run; the kernel wants a page of entries. In a
   * smaller one the first page would be reset, and its write fault again, before the vCPU has a chance to write.
   */
  public static final int RING_ENTRIES_MIN = 4;

  protected final Kvm kvm;
  protected final Machine m;

  /** model: the VMM's side of the rings. */
  public final DirtyRingReaper reaper;

  // Set by capabilities before vCPUs and slots are made, only read afterwards.
  private final Word manualDirtyLogProtect;
  private final Word dirtyRingSize;

  public DirtyLog(Kvm kvm) {
    this.kvm = kvm;
    this.m = kvm.m;
    this.reaper = new DirtyRingReaper(kvm);
    this.manualDirtyLogProtect = m.word("kvm->manual_dirty_log_protect", 0);
    this.dirtyRingSize = m.word("kvm->dirty_ring_size", 0);
  }

  /** {@code KVM_CAP_MANUAL_DIRTY_LOG_PROTECT2}. Yields 0, or -EINVAL for flags that are unknown or make no sense. */
  @KernelFunction(value = "kvm_vm_ioctl_enable_cap_generic", file = "virt/kvm/kvm_main.c", version = "v5.15-v6.12",
      elided = "capabilities other than KVM_CAP_MANUAL_DIRTY_LOG_PROTECT2")
  public int enableManualProtect(long flags) {
    long allowed = KVM_DIRTY_LOG_MANUAL_PROTECT_ENABLE;
    if ((flags & KVM_DIRTY_LOG_MANUAL_PROTECT_ENABLE) != 0) {
      allowed |= KVM_DIRTY_LOG_INITIALLY_SET;
    }
    if ((flags & ~allowed) != 0) {
      return -EINVAL;
    }
    manualDirtyLogProtect.write(flags);
    return 0;
  }

  /**
   * {@code KVM_CAP_DIRTY_LOG_RING_ACQ_REL}: vCPUs made from now on have a ring. Yields 0; -EINVAL if there are vCPUs or
   * rings, for too few entries, for no power of two, and on arm64 before v6.2 (9cb1096f8590); -E2BIG.
   */
  @KernelFunction(value = "kvm_vm_ioctl_enable_dirty_log_ring", file = "virt/kvm/kvm_main.c", version = "v6.2-v6.12",
      elided = "the backup bitmap of KVM_CAP_DIRTY_LOG_RING_WITH_BITMAP: nobody but vCPUs writes here")
  public int enableDirtyLogRing(int entries) {
    if (kvm.era == Era.V5_15 || entries < RING_ENTRIES_MIN || (entries & entries - 1) != 0) {
      return -EINVAL;
    }
    if (entries > KVM_DIRTY_RING_MAX_ENTRIES) {
      return -E2BIG;
    }
    if (dirtyRingSize.read() != 0 || !kvm.vcpus().isEmpty()) {
      return -EINVAL;
    }
    dirtyRingSize.write(entries);
    return 0;
  }

  /** Whether vCPUs have rings. */
  public boolean ringEnabled() {
    return dirtyRingSize.read() != 0;
  }

  /** The ring of a vCPU that is being made; without entries if rings are not enabled. */
  public DirtyRing ringFor(int vcpu) {
    return newRing(vcpu, (int) dirtyRingSize.read());
  }

  protected DirtyRing newRing(int vcpu, int size) {
    return new DirtyRing(kvm, vcpu, size);
  }

  /** {@code kvm_use_dirty_bitmap()}: ring and bitmap exclude each other. */
  public boolean useDirtyBitmap() {
    return !ringEnabled();
  }

  /** {@code kvm_dirty_log_manual_protect_and_init_set()}. */
  public boolean manualProtectAndInitSet() {
    return (manualDirtyLogProtect.read() & KVM_DIRTY_LOG_INITIALLY_SET) != 0;
  }

  /**
   * {@code KVM_GET_DIRTY_LOG}: copies the dirty bits of slot {@code id} to {@code buffer}, and unless user space clears
   * them itself, clears them and write-protects their pages. Sleeps.
   *
   * @param buffer user space's words, a bit for each page; as many as the slot needs
   * @return 0; -ENXIO with rings; -EINVAL; -ENOENT if there is no such slot or it does not log
   */
  @KernelFunction(value = "kvm_vm_ioctl_get_dirty_log", file = "virt/kvm/kvm_main.c", version = "v5.15-v6.12")
  public int getDirtyLog(int id, long[] buffer) {
    kvm.slotsLock.lock();
    int r = getDirtyLogProtect(id, buffer);
    kvm.slotsLock.unlock();
    reported(r);
    return r;
  }

  /** {@code kvm_get_dirty_log_protect()}. Held: slots_lock. */
  @KernelFunction(value = "kvm_get_dirty_log_protect", file = "virt/kvm/kvm_main.c", version = "v5.15-v6.12")
  protected int getDirtyLogProtect(int id, long[] buffer) {
    int r = refused(id);
    if (r != 0) {
      return r;
    }
    Optional<KvmMemorySlot> memslot = kvm.memslots.kvmMemslotsLocked().byId(id);
    WordArray bitmap = memslot.isPresent() ? memslot.get().dirtyBitmap() : null;
    if (memslot.isEmpty() || bitmap == null) {
      return -ENOENT;
    }
    kvm.archMmu.syncDirtyLog(memslot.get());
    if (manualDirtyLogProtect.read() != 0) {
      // model: marked, where copy_to_user() copies: a bit may be seen before or after it is set
      for (int i = 0; i < bitmap.length(); i++) {
        buffer[i] = bitmap.at(i).readOnce();
      }
      return 0;
    }
    if (takeDirty(memslot.get(), bitmap, buffer)) {
      flush(memslot.get());
    }
    return 0;
  }

  /**
   * Moves the dirty bits to {@code buffer} and write-protects their pages. Held: slots_lock. model: {@code buffer}
   * stands for the second half of the slot's bitmap, which slots_lock guards.
   *
   * @return whether any page was dirty, so that the TLBs must be flushed
   */
  protected boolean takeDirty(KvmMemorySlot memslot, WordArray bitmap, long[] buffer) {
    boolean flush = false;
    kvm.mmuLock.writeLock();
    for (int i = 0; i < bitmap.length(); i++) {
      buffer[i] = 0;
      // model: marked, where the kernel reads plainly: on x86 bits are set without mmu_lock
      if (bitmap.at(i).readOnce() != 0) {
        flush = true;
        buffer[i] = xchgDirty(memslot, bitmap, i);
        kvm.archMmu.enableLogDirtyPtMasked(memslot, (long) i * Long.SIZE, buffer[i]);
      }
    }
    kvm.mmuLock.writeUnlock();
    return flush;
  }

  /** Takes the bits of word {@code i}. */
  protected long xchgDirty(KvmMemorySlot memslot, WordArray bitmap, int i) {
    long mask = bitmap.at(i).xchg(0);
    m.trace(Tracepoint.DIRTY_TAKEN, memslot.id(), (long) i * Long.SIZE, mask, 0);
    return mask;
  }

  /**
   * {@code KVM_CLEAR_DIRTY_LOG}: clears the dirty bits that {@code buffer} has and write-protects their pages. Sleeps.
   *
   * @param firstPage page of the slot that bit 0 of {@code buffer} is for; a multiple of 64
   * @param numPages pages that {@code buffer} is about; a multiple of 64 unless they reach to the slot's end
   * @return 0; -ENXIO with rings; -EINVAL; -ENOENT if there is no such slot or it does not log
   */
  @KernelFunction(value = "kvm_vm_ioctl_clear_dirty_log", file = "virt/kvm/kvm_main.c", version = "v5.15-v6.12")
  public int clearDirtyLog(int id, long firstPage, long numPages, long[] buffer) {
    kvm.slotsLock.lock();
    int r = clearDirtyLogProtect(id, firstPage, numPages, buffer);
    kvm.slotsLock.unlock();
    reported(r);
    return r;
  }

  /** {@code kvm_clear_dirty_log_protect()}. Held: slots_lock. */
  @KernelFunction(value = "kvm_clear_dirty_log_protect", file = "virt/kvm/kvm_main.c", version = "v5.15-v6.12")
  protected int clearDirtyLogProtect(int id, long firstPage, long numPages, long[] buffer) {
    int r = refused(id);
    if (r != 0 || firstPage % Long.SIZE != 0) {
      return r != 0 ? r : -EINVAL;
    }
    Optional<KvmMemorySlot> found = kvm.memslots.kvmMemslotsLocked().byId(id);
    WordArray bitmap = found.isPresent() ? found.get().dirtyBitmap() : null;
    if (found.isEmpty() || bitmap == null) {
      return -ENOENT;
    }
    KvmMemorySlot memslot = found.get();
    long rest = memslot.npages() - firstPage;
    if (firstPage < 0 || rest < 0 || numPages > rest || (numPages < rest && numPages % Long.SIZE != 0)) {
      return -EINVAL;
    }
    kvm.archMmu.syncDirtyLog(memslot);
    boolean flush = false;
    kvm.mmuLock.writeLock();
    for (int n = 0; n < (numPages + Long.SIZE - 1) / Long.SIZE; n++) {
      int i = (int) (firstPage / Long.SIZE) + n;
      if (buffer[n] == 0) {
        continue;
      }
      long mask = buffer[n] & bitmap.at(i).fetchAnd(~buffer[n]);
      m.trace(Tracepoint.DIRTY_TAKEN, id, (long) i * Long.SIZE, mask, 0);
      if (mask != 0) {
        flush = true;
        kvm.archMmu.enableLogDirtyPtMasked(memslot, (long) i * Long.SIZE, mask);
      }
    }
    kvm.mmuLock.writeUnlock();
    if (flush) {
      flush(memslot);
    }
    return 0;
  }

  /** Outside mmu_lock, but before user space is told. */
  protected void flush(KvmMemorySlot memslot) {
    kvm.archMmu.flushRemoteTlbsMemslot(memslot);
  }

  /**
   * {@code KVM_RESET_DIRTY_RINGS}: takes what user space harvested out of all rings and write-protects it. Sleeps.
   *
   * @return number of entries, or -EINVAL without rings
   */
  @KernelFunction(value = "kvm_vm_ioctl_reset_dirty_pages", file = "virt/kvm/kvm_main.c", version = "v6.2-v6.12")
  public int resetDirtyRings() {
    if (!ringEnabled()) {
      return -EINVAL;
    }
    int cleared = 0;
    kvm.slotsLock.lock();
    for (KvmVcpu vcpu : kvm.vcpus()) {
      cleared += vcpu.dirtyRing.reset();
    }
    kvm.slotsLock.unlock();
    if (cleared != 0) {
      flushAfterReset();
    }
    reported(cleared);
    return cleared;
  }

  /** kvm_flush_remote_tlbs() for all rings together. */
  protected void flushAfterReset() {
    kvm.archMmu.flushRemoteTlbs();
  }

  /** Yields whether the vCPU must leave, because its ring has to be reset first. Called by the vCPU. */
  @KernelFunction(value = "kvm_dirty_ring_check_request", file = "virt/kvm/dirty_ring.c", version = "v6.2-v6.12")
  public boolean ringCheckRequest(KvmVcpu vcpu) {
    // Stays pending until the ring has room: the vCPU may come back without anybody having reset it.
    if (kvm.requests.checkRequest(Requests.KVM_REQ_DIRTY_RING_SOFT_FULL, vcpu) && vcpu.dirtyRing.softFull()) {
      kvm.requests.makeRequest(Requests.KVM_REQ_DIRTY_RING_SOFT_FULL, vcpu);
      return true;
    }
    return false;
  }

  /** What both bitmap ioctls refuse before they look for the slot. */
  private int refused(int id) {
    if (!useDirtyBitmap()) {
      return -ENXIO;
    }
    return id < 0 || id >= MemoryRegions.KVM_USER_MEM_SLOTS ? -EINVAL : 0;
  }

  /** model: says that user space is told from now on, and copies. */
  private void reported(int ret) {
    m.trace(Tracepoint.DIRTY_REPORTED, ret, 0);
  }
}
