package io.stalemate.linux.arm64;

import static io.stalemate.linux.Errno.EINVAL;

import io.stalemate.cpu.StageTwoGeometry;
import io.stalemate.linux.kvm.Era;
import io.stalemate.linux.kvm.Kvm;
import io.stalemate.linux.kvm.KvmMemorySlot;
import io.stalemate.linux.kvm.MmuMemoryCache;
import io.stalemate.machine.KernelFunction;
import io.stalemate.machine.Machine;
import io.stalemate.machine.Word;
import java.util.ArrayList;
import java.util.List;

/**
 * Eager page splitting, of {@code arch/arm64/kvm/mmu.c} since v6.4: the blocks of a slot become tables of pages when
 * they are write-protected for dirty logging, so that vCPUs need not do it in their faults. Best effort: what is not
 * split here, faults split.
 */
public class EagerSplit {

  protected final Kvm kvm;
  protected final Machine m;
  protected final KvmS2Mmu mmu;
  protected final StageTwoGeometry geometry;

  /** Bytes that are split before others get a chance to take mmu_lock; 0 for no eager splitting. */
  private final Word splitPageChunkSize;

  // Guarded by slots_lock. Made with the chunk size, which says how large it is.
  private final List<MmuMemoryCache> splitPageCache = new ArrayList<>();

  /** Eager splitting of the tables of {@code mmu}, off. */
  public EagerSplit(Kvm kvm, KvmS2Mmu mmu) {
    this.kvm = kvm;
    this.m = kvm.m;
    this.mmu = mmu;
    this.geometry = mmu.geometry();
    this.splitPageChunkSize = m.word("kvm->arch.mmu.split_page_chunk_size", 0);
  }

  /**
   * {@code KVM_CAP_ARM_EAGER_SPLIT_CHUNK_SIZE}, before the VM has memslots. Sleeps.
   *
   * @param bytes the size of a page or block; 0 for no eager splitting
   * @return 0 or -EINVAL
   */
  @KernelFunction(value = "kvm_vm_ioctl_enable_cap", file = "arch/arm64/kvm/arm.c", version = "v6.4-v6.12",
      elided = "capabilities other than KVM_CAP_ARM_EAGER_SPLIT_CHUNK_SIZE")
  public int setChunkSize(long bytes) {
    if (kvm.era != Era.V6_12 || (bytes != 0 && !kvmIsBlockSizeSupported(bytes))) {
      return -EINVAL;
    }
    int r = -EINVAL;
    kvm.slotsLock.lock();
    if (kvm.memslots.kvmMemslotsLocked().slots().isEmpty()) {
      r = 0;
      splitPageChunkSize.write(bytes);
      splitPageCache.clear();
      splitPageCache.add(new MmuMemoryCache(
          m, "split_page_cache", 0, geometry.entries(), kvmMmuSplitNrPageTables(bytes), 0));
    }
    kvm.slotsLock.unlock();
    return r;
  }

  @KernelFunction(
      value = "kvm_is_block_size_supported",
      file = "arch/arm64/include/asm/kvm_pgtable.h",
      version = "v6.4-v6.12")
  private boolean kvmIsBlockSizeSupported(long bytes) {
    for (int level = Math.max(1, geometry.firstLevel()); level <= StageTwoGeometry.LAST_LEVEL; level++) {
      if (bytes == geometry.granule(level)) {
        return true;
      }
    }
    return false;
  }

  /** {@code kvm_mmu_split_nr_page_tables()}: table pages that splitting {@code range} bytes may take. */
  @KernelFunction(value = "kvm_mmu_split_nr_page_tables", file = "arch/arm64/kvm/mmu.c", version = "v6.4-v6.12")
  protected int kvmMmuSplitNrPageTables(long range) {
    int pages = 0;
    for (int level = Math.max(1, geometry.firstLevel()); level < StageTwoGeometry.LAST_LEVEL; level++) {
      long granule = geometry.granule(level);
      pages += (int) ((range + granule - 1) / granule);
    }
    return pages;
  }

  /** Splits the blocks of a slot whose logging was turned on. Held: slots_lock. */
  @KernelFunction(value = "kvm_mmu_split_memory_region", file = "arch/arm64/kvm/mmu.c", version = "v6.4-v6.12")
  public void kvmMmuSplitMemoryRegion(KvmMemorySlot slot) {
    kvm.slotsLock.assertHeld();
    kvm.mmuLock.writeLock();
    int ret = kvmMmuSplitHugePages(slot.baseGfn(), slot.gfnEnd());
    // elided: nobody looks at the result, as faults split what is left
    m.warnOn(ret == -EINVAL, "kvm_mmu_split_huge_pages: the table is gone");
    kvm.mmuLock.writeUnlock();
  }

  /** Splits the blocks of a range. Held: slots_lock, mmu_lock(w), let go of to allocate. Yields 0 or an errno. */
  @KernelFunction(value = "kvm_mmu_split_huge_pages", file = "arch/arm64/kvm/mmu.c", version = "v6.4-v6.12")
  public int kvmMmuSplitHugePages(long gfnStart, long gfnEnd) {
    kvm.mmuLock.assertHeldWrite();
    long chunkSize = splitPageChunkSize.read();
    if (chunkSize == 0) {
      return 0;
    }
    int cacheCapacity = kvmMmuSplitNrPageTables(chunkSize);
    MmuMemoryCache cache = splitPageCache.getFirst();
    long addr = gfnStart << StageTwoGeometry.PAGE_SHIFT;
    long end = gfnEnd << StageTwoGeometry.PAGE_SHIFT;
    while (addr != end) {
      if (needSplitMemcacheTopupOrResched(cache, cacheCapacity)) {
        kvm.mmuLock.writeUnlock();
        int ret = cache.topup(cacheCapacity);
        kvm.mmuLock.writeLock();
        if (ret != 0) {
          return ret;
        }
      }
      // Anew for each chunk: the table may have gone while the lock was free.
      if (!mmu.pgtIsSet()) {
        return -EINVAL;
      }
      long next = Math.min((addr + chunkSize) & -chunkSize, end);
      int ret = mmu.pgtable().stage2Split(addr, next - addr, cache);
      if (ret != 0) {
        return ret;
      }
      addr = next;
    }
    return 0;
  }

  /** {@code need_split_memcache_topup_or_resched()}. */
  @KernelFunction(
      value = "need_split_memcache_topup_or_resched",
      file = "arch/arm64/kvm/mmu.c",
      version = "v6.4-v6.12",
      elided = "need_resched()")
  protected boolean needSplitMemcacheTopupOrResched(MmuMemoryCache cache, int min) {
    return kvm.mmuLock.needbreak() || cache.nobjs() < min;
  }

  /** Gives the pages back that splitting left over. Held: slots_lock. */
  public void freeCache() {
    splitPageCache.forEach(MmuMemoryCache::free);
  }
}
