package io.stalemate.linux.kvm;

import io.stalemate.linux.Errno;
import io.stalemate.machine.KernelFunction;
import io.stalemate.machine.Tracepoint;
import org.jspecify.annotations.Nullable;

/**
 * Memory that the host never maps (v6.8): a fault of a private gfn takes its page out of a file's page cache, and
 * nothing but the invalidation counters keeps the fault from installing a page that was punched out meanwhile. Lock
 * order: slots_lock, filemap_invalidate_lock, then page lock or mmu_lock. Follows {@code virt/kvm/guest_memfd.c}.
 */
public class GuestMemfd extends GmemFiles {

  public GuestMemfd(Kvm kvm) {
    super(kvm);
  }

  /**
   * Yields the frame behind private {@code gfn} with one page reference; or a negative errno in place of the frame:
   * -EFAULT if the file is gone, -EIO if it is not bound there, -ENOMEM, -EHWPOISON. Sleeps. Held: srcu. The answer may
   * be stale at once: no lock keeps the page in the file.
   */
  @KernelFunction(value = "kvm_gmem_get_pfn", file = "virt/kvm/guest_memfd.c", version = "v6.8-v6.12",
      elided = "max_order: pages are small")
  public KvmPfn getPfn(KvmMemorySlot slot, long gfn) {
    m.trace(Tracepoint.SLOT_USE, slot.serial(), gfn);
    GmemBinding binding = slot.gmem();
    if (binding == null || !getFile(binding)) {
      return new KvmPfn(-Errno.EFAULT, false);
    }
    long pfn = getPfnOfFile(binding, slot, gfn);
    binding.gmem().fput();
    return new KvmPfn(pfn, pfn > 0 && !slot.isReadonly());
  }

  private long getPfnOfFile(GmemBinding binding, KvmMemorySlot slot, long gfn) {
    long index = binding.index(slot, gfn);
    if (m.warnOn(!isBound(binding.gmem(), index, slot), "kvm_gmem_get_pfn: a binding of another memslot")) {
      return -Errno.EIO;
    }
    long pfn = getFolio(binding.gmem(), index);
    if (pfn < 0) {
      return pfn;
    }
    int r = memMap.isPageHwpoison(pfn) ? -Errno.EHWPOISON : prepareFolio(slot, gfn, pfn);
    memMap.unlockPage(pfn);
    if (r != 0) {
      memMap.putPage(pfn);
      return r;
    }
    return pfn;
  }

  /** {@code gmem->bindings[index] == slot}. */
  protected boolean isBound(KvmGmem gmem, long index, KvmMemorySlot slot) {
    return gmem.bindings.at((int) index).readOnce() == slot.serial();
  }

  /** Yields the frame of page {@code index}, locked and with a reference, or -ENOMEM. Sleeps. */
  @KernelFunction(value = "kvm_gmem_get_folio", file = "virt/kvm/guest_memfd.c", version = "v6.12")
  protected long getFolio(KvmGmem gmem, long index) {
    return pageCache.grabFolio(gmem, index);
  }

  /** The guest must not see what the frame held before; the architecture hears whose it is now. Held: page lock. */
  @KernelFunction(value = "kvm_gmem_prepare_folio", file = "virt/kvm/guest_memfd.c", version = "v6.12")
  private int prepareFolio(KvmMemorySlot slot, long gfn, long pfn) {
    if (memMap.isPageUptodate(pfn)) {
      return 0;
    }
    clear(pfn);
    int r = archPrepare(slot, gfn, pfn);
    if (r == 0) {
      memMap.setPageUptodate(pfn);
    }
    return r;
  }

  /** clear_highpage() of the frame. Held: page lock. */
  protected void clear(long pfn) {
    m.pages().clear(pfn);
  }

  /** kvm_arch_gmem_prepare(). */
  protected int archPrepare(KvmMemorySlot slot, long gfn, long pfn) {
    return kvm.archMmu.gmemPrepare(gfn, pfn);
  }

  /**
   * {@code FALLOC_FL_PUNCH_HOLE}: the pages {@code [index, index + pages)} go. Yields 0, -EBADF, or -EINVAL for an
   * empty or negative range; what is beyond the file's end is ignored. Sleeps.
   */
  @KernelFunction(value = "kvm_gmem_punch_hole", file = "virt/kvm/guest_memfd.c", version = "v6.8-v6.12")
  public int punchHole(int fd, long index, long pages) {
    KvmGmem gmem = file(fd);
    if (gmem == null || !gmem.fdget()) {
      return -Errno.EBADF;
    }
    int r = -Errno.EINVAL;
    if (index >= 0 && pages > 0 && index + pages > index) {
      long end = Math.min(index + pages, gmem.npages);
      gmem.filemapInvalidateLock.downWrite();
      m.trace(Tracepoint.GMEM_INVALIDATE, gmem.id, index, end, 0);
      invalidateBegin(gmem, index, end);
      pageCache.truncate(gmem, index, end);
      invalidateEnd(gmem, index, end);
      m.trace(Tracepoint.GMEM_INVALIDATE, gmem.id, index, end, 1);
      gmem.filemapInvalidateLock.upWrite();
      r = 0;
    }
    gmem.fput();
    return r;
  }

  /** An invalidation of all gfns bound to {@code [start, end)} begins. Held: filemap_invalidate_lock. */
  @KernelFunction(value = "kvm_gmem_invalidate_begin", file = "virt/kvm/guest_memfd.c", version = "v6.8-v6.12")
  protected void invalidateBegin(KvmGmem gmem, long start, long end) {
    boolean locked = false;
    boolean flush = false;
    KvmMemorySlot slot = firstBound(gmem, start, end);
    while (slot != null && slot.gmem() != null) {
      m.trace(Tracepoint.SLOT_USE, slot.serial(), slot.baseGfn());
      if (!locked) {
        locked = true;
        kvm.mmuLock.writeLock();
        kvm.mmuInvalidation.begin();
      }
      long pgoff = slot.gmem().pgoff();
      long pgoffEnd = pgoff + slot.npages();
      flush |= unmap(
          slot.baseGfn() + Math.max(pgoff, start) - pgoff, slot.baseGfn() + Math.min(pgoffEnd, end) - pgoff);
      slot = nextBound(gmem, pgoffEnd, end);
    }
    if (flush) {
      kvm.archMmu.flushRemoteTlbs();
    }
    if (locked) {
      kvm.mmuLock.writeUnlock();
    }
  }

  /** xa_for_each_range(): the memslot after the one whose pages end at {@code index}; null if that was the last. */
  protected @Nullable KvmMemorySlot nextBound(KvmGmem gmem, long index, long end) {
    return firstBound(gmem, index, end);
  }

  /** kvm_mmu_unmap_gfn_range(): the range counts as being invalidated, its leafs go. Held: mmu_lock(w). */
  protected boolean unmap(long gfnStart, long gfnEnd) {
    return kvm.mmuNotifier.unmapGfnRange(gfnStart, gfnEnd, true);
  }

  /** Ends what {@link #invalidateBegin} began: bindings are as they were. Held: filemap_invalidate_lock. */
  @KernelFunction(value = "kvm_gmem_invalidate_end", file = "virt/kvm/guest_memfd.c", version = "v6.8-v6.12")
  protected void invalidateEnd(KvmGmem gmem, long start, long end) {
    if (firstBound(gmem, start, end) != null) {
      kvm.mmuLock.writeLock();
      kvm.mmuInvalidation.end();
      kvm.mmuLock.writeUnlock();
    }
  }

  /**
   * {@code fallocate()} without punching: every page of the range was in the file at some time during the call. Yields
   * 0, -EBADF, -EINVAL or -ENOMEM. Sleeps.
   */
  @KernelFunction(value = "kvm_gmem_allocate", file = "virt/kvm/guest_memfd.c", version = "v6.8-v6.12",
      elided = "signals")
  public int allocate(int fd, long index, long pages) {
    KvmGmem gmem = file(fd);
    if (gmem == null || !gmem.fdget()) {
      return -Errno.EBADF;
    }
    int r = index < 0 || pages <= 0 || index > gmem.npages - pages ? -Errno.EINVAL : 0;
    if (r == 0) {
      gmem.filemapInvalidateLock.downRead();
      for (long i = index; i < index + pages && r == 0; i++) {
        long pfn = getFolio(gmem, i);
        r = (int) Math.min(pfn, 0);
        if (pfn > 0) {
          memMap.unlockPage(pfn);
          memMap.putPage(pfn);
        }
      }
      gmem.filemapInvalidateLock.upRead();
    }
    gmem.fput();
    return r;
  }

  /**
   * The host found page {@code index} broken: leafs go, the page stays, and whoever faults it in from now on gets
   * -EHWPOISON. Yields 0, or -EBADF or -EINVAL. Sleeps.
   */
  @KernelFunction(value = "kvm_gmem_error_folio", file = "virt/kvm/guest_memfd.c", version = "v6.8-v6.12",
      elided = "memory_failure() around it, which holds the page's lock")
  public int errorFolio(int fd, long index) {
    KvmGmem gmem = file(fd);
    if (gmem == null || !gmem.fdget()) {
      return -Errno.EBADF;
    }
    int r = -Errno.EINVAL;
    if (index >= 0 && index < gmem.npages) {
      gmem.filemapInvalidateLock.downRead();
      pageCache.poison(gmem, index);
      invalidateBegin(gmem, index, index + 1);
      invalidateEnd(gmem, index, index + 1);
      gmem.filemapInvalidateLock.upRead();
      r = 0;
    }
    gmem.fput();
    return r;
  }

  /**
   * {@code close()} of the last descriptor: once nobody uses the file any more, its memslots lose it and its pages go.
   * Yields 0, or -EBADF. Sleeps.
   */
  @KernelFunction(value = "kvm_gmem_release", file = "virt/kvm/guest_memfd.c", version = "v6.8-v6.12")
  public int close(int fd) {
    KvmGmem gmem = file(fd);
    if (gmem == null || !gmem.closeFd()) {
      return -Errno.EBADF;
    }
    gmem.lastFput();
    // Keeps memslots that are bound from being freed meanwhile: an unbind finds no file any more.
    kvm.slotsLock.lock();
    gmem.filemapInvalidateLock.downWrite();
    m.trace(Tracepoint.GMEM_INVALIDATE, gmem.id, 0, gmem.npages, 0);
    forgetFiles(gmem);
    m.rcu().synchronize();
    invalidateBegin(gmem, 0, gmem.npages);
    invalidateEnd(gmem, 0, gmem.npages);
    m.trace(Tracepoint.GMEM_INVALIDATE, gmem.id, 0, gmem.npages, 1);
    gmem.filemapInvalidateLock.upWrite();
    kvm.slotsLock.unlock();
    // evict(): the inode has no other file.
    pageCache.truncate(gmem, 0, gmem.npages);
    return 0;
  }

  private void forgetFiles(KvmGmem gmem) {
    KvmMemorySlot slot = firstBound(gmem, 0, gmem.npages);
    while (slot != null && slot.gmem() != null) {
      forgetFile(slot, slot.gmem());
      slot = firstBound(gmem, slot.gmem().pgoff() + slot.npages(), gmem.npages);
    }
  }
}
