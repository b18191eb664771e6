package io.stalemate.linux.mm;

import io.stalemate.linux.Errno;
import io.stalemate.machine.KernelFunction;
import io.stalemate.machine.Machine;
import io.stalemate.machine.Pages;

/** Shared memory: pages belong to a page cache, which a punched hole empties. Follows {@code mm/shmem.c}. */
public class Shmem {
  protected final MmStruct mm;
  protected final MemMap memMap;
  protected final Machine m;
  private final Zap zap;

  public Shmem(MmStruct mm) {
    this.mm = mm;
    this.memMap = mm.memMap;
    this.m = mm.m;
    this.zap = new Zap(mm);
  }

  /** Maps the page of the cache at {@code hva}, a new one if there is a hole; yields 0 (look again) or -ENOMEM. */
  @KernelFunction(value = "shmem_fault", file = "mm/shmem.c", version = "v5.15-v6.12", elided = "swap of shmem")
  public int fault(Vma vma, long hva) {
    long pfn = mm.pageCache.at((int) hva).readOnce();
    if (pfn == 0) {
      return addToPageCache(hva);
    }
    if (!memMap.getPageUnlessZero(pfn)) {
      // Frozen by a migration, or truncated.
      m.retrying();
      return 0;
    }
    // Truncation takes a page out of the cache under this lock, after it removed the mappings.
    memMap.lockPage(pfn);
    boolean mapped = mm.pageCache.at((int) hva).readOnce() == pfn && map(vma, hva, pfn);
    memMap.unlockPage(pfn);
    if (!mapped) {
      memMap.putPage(pfn);
    }
    return 0;
  }

  /**
   * Punches a hole: the data of {@code [hva, hva + pages)} is gone. The range must be mapped SHARED; yields 0 or
   * -EINVAL. Sleeps.
   */
  @KernelFunction(value = "shmem_fallocate", file = "mm/shmem.c", version = "v5.15-v6.12",
      elided = "inode lock and falloc wait queue: punching and faulting may alternate")
  public int punchHole(long hva, long pages) {
    if (!mm.inRange(hva, pages)) {
      return -Errno.EINVAL;
    }
    mm.mmapLock.downRead();
    boolean shared = true;
    for (long h = hva; h < hva + pages; h++) {
      shared &= mm.vmaLookup(h).kind() == VmaKind.SHARED;
    }
    mm.mmapLock.upRead();
    if (!shared) {
      return -Errno.EINVAL;
    }
    zap.zapPageRange(hva, hva + pages);
    for (long h = hva; h < hva + pages; h++) {
      truncate(h);
    }
    return 0;
  }

  /** {@code truncate_inode_folio()}: a fault may have mapped the page again, so it is unmapped once more, locked. */
  @KernelFunction(
      value = "truncate_inode_folio",
      file = "mm/truncate.c",
      version = "v5.17-v6.12",
      elided = "folios of several pages; till v5.16 it was truncate_inode_page()")
  protected void truncate(long hva) {
    long pfn = mm.pageCache.at((int) hva).readOnce();
    while (pfn != 0 && !memMap.getPageUnlessZero(pfn)) {
      m.retrying();
      pfn = mm.pageCache.at((int) hva).readOnce();
    }
    if (pfn == 0) {
      return;
    }
    memMap.lockPage(pfn);
    if (mm.pageCache.at((int) hva).readOnce() == pfn) {
      if (Pte.pfn(mm.pte(hva).readOnce()) == pfn) {
        zap.zapPageRange(hva, hva + 1);
      }
      mm.pageCache.at((int) hva).storeRelease(0);
      memMap.putPage(pfn);
    }
    memMap.unlockPage(pfn);
    memMap.putPage(pfn);
  }

  private int addToPageCache(long hva) {
    long pfn = memMap.allocPage();
    if (pfn == Pages.NO_PAGE) {
      return -Errno.ENOMEM;
    }
    m.pages().clear(pfn);
    if (mm.pageCache.at((int) hva).cmpxchg(0, pfn) != 0) {
      memMap.putPage(pfn);
    }
    return 0;
  }

  private boolean map(Vma vma, long hva, long pfn) {
    mm.ptl.lock();
    boolean mine = mm.pte(hva).readOnce() == Pte.NONE;
    if (mine) {
      mm.setPteAt(hva, Pte.NONE, Pte.mktag(Pte.present(pfn, vma.writable(), false), vma.mte()));
    }
    mm.ptl.unlock();
    return mine;
  }
}
