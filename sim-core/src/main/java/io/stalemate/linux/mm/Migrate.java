package io.stalemate.linux.mm;

import io.stalemate.linux.Errno;
import io.stalemate.machine.KernelFunction;
import io.stalemate.machine.Machine;
import io.stalemate.machine.Pages;

/**
 * Migration: a page's data moves to another frame; faults in between wait. Runs without mmap_lock. Follows
 * {@code mm/migrate.c}.
 */
public class Migrate {
  protected final MmStruct mm;
  protected final MemMap memMap;
  protected final Machine m;

  public Migrate(MmStruct mm) {
    this.mm = mm;
    this.memMap = mm.memMap;
    this.m = mm.m;
  }

  /**
   * Moves the page at {@code hva} to a new frame. Yields 0; -ENOENT if no page is mapped that can move; -EAGAIN if it
   * is busy or has references besides its mapping and the page cache; -ENOMEM. Sleeps.
   */
  @KernelFunction(value = "migrate_pages", file = "mm/migrate.c", version = "v5.15-v6.12",
      elided = "batches, hugetlb pages, retries: the caller may call again")
  public int migratePage(long hva) {
    if (!mm.inRange(hva, 1)) {
      return -Errno.EINVAL;
    }
    long pte = mm.pte(hva).readOnce();
    if (!Pte.isPresent(pte) || Pte.isSpecial(pte) || Pte.shift(pte) != 0) {
      return -Errno.ENOENT;
    }
    long oldPfn = Pte.pfn(pte);
    if (!memMap.getPageUnlessZero(oldPfn)) {
      return -Errno.EAGAIN;
    }
    if (mm.pte(hva).readOnce() != pte || !memMap.trylockPage(oldPfn)) {
      memMap.putPage(oldPfn);
      return -Errno.EAGAIN;
    }
    int r = unmapAndMove(hva, oldPfn, Pte.isAnon(pte));
    memMap.unlockPage(oldPfn);
    memMap.putPage(oldPfn);
    return r;
  }

  /** Held: lock of and a reference to the old page. */
  @KernelFunction(value = "unmap_and_move", file = "mm/migrate.c", version = "v5.15-v6.2")
  protected int unmapAndMove(long hva, long oldPfn, boolean anon) {
    long newPfn = memMap.allocPage();
    if (newPfn == Pages.NO_PAGE) {
      return -Errno.ENOMEM;
    }
    // Nobody knows the new page yet, so this never fails; once it is mapped or cached, others wait for the lock.
    boolean locked = memMap.trylockPage(newPfn);
    m.warnOn(!locked, "unmap_and_move: a page just allocated is locked");
    if (!tryToMigrateOne(hva, oldPfn)) {
      memMap.unlockPage(newPfn);
      memMap.putPage(newPfn);
      return -Errno.EAGAIN;
    }
    boolean moved = moveToNewFolio(hva, oldPfn, newPfn, anon);
    removeMigrationPte(hva, oldPfn, moved ? newPfn : oldPfn);
    memMap.unlockPage(newPfn);
    memMap.putPage(newPfn);
    return moved ? 0 : -Errno.EAGAIN;
  }

  /** Replaces the entry by a migration entry, at which faults wait for the page lock. */
  @KernelFunction(value = "try_to_migrate_one", file = "mm/rmap.c", version = "v5.15-v6.12",
      elided = "other mappings of the page: their references make it busy")
  protected boolean tryToMigrateOne(long hva, long pfn) {
    mm.notifiers.invalidateRangeStart(hva, hva + 1, true);
    mm.ptl.lock();
    long pte = mm.pte(hva).readOnce();
    boolean mapped = Pte.isPresent(pte) && Pte.pfn(pte) == pfn;
    if (mapped) {
      // model: one store; the kernel clears the entry first, under the same lock.
      mm.setPteAt(hva, pte, Pte.migrationEntry(pte));
      // The mapping's reference; the caller has one of its own.
      memMap.putPage(pfn);
    }
    mm.ptl.unlock();
    mm.notifiers.invalidateRangeEnd(hva, hva + 1);
    return mapped;
  }

  /** Moves the data if nobody else refers to the old page; yields whether it did. */
  @KernelFunction(value = "move_to_new_folio", file = "mm/migrate.c", version = "v5.15-v6.12")
  protected boolean moveToNewFolio(long hva, long oldPfn, long newPfn, boolean anon) {
    Page old = memMap.pfnToPage(oldPfn);
    // The caller's reference, and the page cache's or the swap cache's if the page is in one.
    boolean cached = !anon && mm.pageCache.at((int) hva).readOnce() == oldPfn;
    long expected = cached ? 2 : 1;
    if (!old.freeze(expected)) {
      return false;
    }
    memMap.copyHighpage(newPfn, oldPfn);
    if (cached) {
      memMap.getPage(newPfn);
      mm.pageCache.at((int) hva).storeRelease(newPfn);
    }
    old.unfreeze(1);
    return true;
  }

  /** Makes the mapping again, unless it was unmapped meanwhile. Held: lock of the old page. */
  @KernelFunction(value = "remove_migration_pte", file = "mm/migrate.c", version = "v5.15-v6.12")
  protected void removeMigrationPte(long hva, long oldPfn, long pfn) {
    mm.ptl.lock();
    long entry = mm.pte(hva).readOnce();
    if (Pte.isMigration(entry) && Pte.pfn(entry) == oldPfn) {
      memMap.getPage(pfn);
      mm.setPteAt(hva, entry, Pte.fromMigrationEntry(entry, pfn));
    }
    mm.ptl.unlock();
  }
}
