package io.stalemate.linux.kvm;

import io.stalemate.linux.Errno;
import io.stalemate.linux.mm.MemMap;
import io.stalemate.machine.KernelFunction;
import io.stalemate.machine.Machine;
import io.stalemate.machine.ObjectTable;
import io.stalemate.machine.Tracepoint;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The guest_memfds of a VM and which memslot has which of their pages. Files are named by {@link KvmGmem#id}. The first
 * half of {@code virt/kvm/guest_memfd.c}; {@link GuestMemfd} is the other.
 */
public abstract class GmemFiles {
  protected final Kvm kvm;
  protected final Machine m;
  protected final MemMap memMap;
  protected final GmemPageCache pageCache;

  private final List<KvmGmem> files = new ArrayList<>();
  // What bindings point to, by serial: memslots are immutable.
  private final ObjectTable<KvmMemorySlot> bound = new ObjectTable<>();

  GmemFiles(Kvm kvm) {
    this.kvm = kvm;
    this.m = kvm.m;
    this.memMap = kvm.mm.memMap;
    this.pageCache = new GmemPageCache(kvm);
  }

  /** {@code KVM_CREATE_GUEST_MEMFD}: yields a new file of {@code npages} pages, or -EINVAL. Set-up only. */
  @KernelFunction(value = "kvm_gmem_create", file = "virt/kvm/guest_memfd.c", version = "v6.8-v6.12", elided = "flags")
  public int create(long npages) {
    if (npages <= 0) {
      return -Errno.EINVAL;
    }
    files.add(new KvmGmem(m, files.size(), npages));
    return files.size() - 1;
  }

  /** Yields the file that was made as {@code fd}, closed or not; null if there was none. */
  final @Nullable KvmGmem file(int fd) {
    return fd >= 0 && fd < files.size() ? files.get(fd) : null;
  }

  /** Yields {@code slot} as it will be once {@link #bind} has given it the pages from {@code pgoff} of {@code gmem}. */
  final KvmMemorySlot withGmem(KvmMemorySlot slot, KvmGmem gmem, long pgoff) {
    return slot.withGmem(new GmemBinding(gmem, pgoff, m.word("slot->gmem.file", slot.serial(), 0)));
  }

  /**
   * Gives {@code slot}, which nobody sees yet, its pages. Yields 0; -EBADF if the file is closed; -EINVAL if it ends
   * before or has another slot there. Sleeps. Held: slots_lock.
   */
  @KernelFunction(value = "kvm_gmem_bind", file = "virt/kvm/guest_memfd.c", version = "v6.8-v6.12",
      elided = "files of other VMs: no file is passed on")
  protected int bind(KvmMemorySlot slot) {
    GmemBinding binding = slot.gmem();
    if (binding == null || !binding.gmem().fdget()) {
      return -Errno.EBADF;
    }
    KvmGmem gmem = binding.gmem();
    long start = binding.pgoff();
    int r = -Errno.EINVAL;
    if (start >= 0 && start <= gmem.npages - slot.npages()) {
      gmem.filemapInvalidateLock.downWrite();
      if (isUnbound(gmem, start, start + slot.npages())) {
        bound.putIfAbsent((int) slot.serial(), slot);
        binding.file().writeOnce(1);
        storeRange(gmem, start, start + slot.npages(), slot.serial());
        m.trace(Tracepoint.GMEM_BIND, gmem.id, slot.baseGfn(), slot.npages(), start);
        r = 0;
      }
      gmem.filemapInvalidateLock.upWrite();
    }
    // The file pins the VM, not the other way round: its release takes the binding away.
    gmem.fput();
    return r;
  }

  /** Whether no memslot has any of the pages: a page has one gfn to be unmapped at. Held: filemap_invalidate_lock. */
  protected boolean isUnbound(KvmGmem gmem, long start, long end) {
    return firstBound(gmem, start, end) == null;
  }

  /** Takes its pages from {@code slot}, which goes; nothing to do if the file went first. Sleeps. Held: slots_lock. */
  @KernelFunction(value = "kvm_gmem_unbind", file = "virt/kvm/guest_memfd.c", version = "v6.8-v6.12")
  protected void unbind(KvmMemorySlot slot) {
    GmemBinding binding = slot.gmem();
    if (binding == null || !getFile(binding)) {
      return;
    }
    KvmGmem gmem = binding.gmem();
    gmem.filemapInvalidateLock.downWrite();
    storeRange(gmem, binding.pgoff(), binding.pgoff() + slot.npages(), 0);
    forgetFile(slot, binding);
    m.rcu().synchronize();
    gmem.filemapInvalidateLock.upWrite();
    gmem.fput();
  }

  /** {@code xa_store_range()}. Held: filemap_invalidate_lock(w). */
  private static void storeRange(KvmGmem gmem, long start, long end, long serial) {
    for (long index = start; index < end; index++) {
      gmem.bindings.at((int) index).writeOnce(serial);
    }
  }

  /** {@code slot->gmem.file = NULL}: no new fault gets a page through the slot. Held: filemap_invalidate_lock(w). */
  final void forgetFile(KvmMemorySlot slot, GmemBinding binding) {
    binding.file().writeOnce(0);
    m.trace(Tracepoint.GMEM_BIND, binding.gmem().id, slot.baseGfn(), 0, binding.pgoff());
  }

  /** Yields whether the file is still open and bound; if so with a reference. */
  @KernelFunction(value = "kvm_gmem_get_file", file = "virt/kvm/guest_memfd.c", version = "v6.8-v6.12")
  final boolean getFile(GmemBinding binding) {
    m.rcu().readLock();
    boolean open = binding.file().readOnce() != 0 && binding.gmem().getFile();
    m.rcu().readUnlock();
    return open;
  }

  /** {@code xa_find()}: the first memslot bound to any of the pages {@code [start, end)}; null if there is none. */
  final @Nullable KvmMemorySlot firstBound(KvmGmem gmem, long start, long end) {
    for (long index = start; index < end; index++) {
      long serial = gmem.bindings.at((int) index).readOnce();
      if (serial != 0) {
        return bound.get((int) serial);
      }
    }
    return null;
  }
}
