package io.stalemate.linux.mm;

import io.stalemate.linux.Errno;
import io.stalemate.machine.KernelFunction;
import io.stalemate.machine.Machine;
import io.stalemate.machine.ObjectTable;
import io.stalemate.machine.RwSemaphore;
import io.stalemate.machine.Spinlock;
import io.stalemate.machine.Tracepoint;
import io.stalemate.machine.Word;
import io.stalemate.machine.WordArray;

/**
 * {@code struct mm_struct}: the address space of one VMM, {@link #hvaPages} pages of it. Words of a row are indexed by
 * hva page.
 */
public class MmStruct {
  public final Machine m;
  public final MemMap memMap;
  public final MmuNotifierSubscriptions notifiers;
  public final long hvaPages;

  /** Guards the VMAs; held for reading by faults. */
  public final RwSemaphore mmapLock;

  /** The page-table lock. model: one for all tables. Guards {@link #pte}, which lock-free readers may read. */
  public final Spinlock ptl;

  /** Swapped-out data and the pages on their way there or back. */
  public final SwapSpace swap;

  /** model: one shmem file, mapped at offset = hva; frames by offset, 0 for a hole. */
  final WordArray pageCache;

  private final WordArray ptes;
  private final WordArray vmaSerials;
  // VMAs are immutable and only the serial is shared; added to under mmap_lock.
  private final ObjectTable<Vma> vmas = new ObjectTable<>();

  /** An empty address space of {@code hvaPages} pages. */
  public MmStruct(MemMap memMap, MmuNotifierSubscriptions notifiers, int hvaPages) {
    this.m = memMap.m;
    this.memMap = memMap;
    this.notifiers = notifiers;
    this.hvaPages = hvaPages;
    this.mmapLock = m.rwSemaphore("mmap_lock");
    this.ptl = m.spinlock("ptl");
    this.swap = new SwapSpace(m, hvaPages, memMap.mte().isPresent());
    this.pageCache = m.words("i_pages", hvaPages);
    this.ptes = m.words("host_pte", hvaPages);
    this.vmaSerials = m.words("vma", hvaPages);
    this.vmas.add(Vma.NONE);
  }

  /** The host's entry for {@code hva}. */
  public Word pte(long hva) {
    return ptes.at((int) hva);
  }

  /** Whether {@code [hva, hva + pages)} is a range of this address space, and not empty. */
  public boolean inRange(long hva, long pages) {
    return hva >= 0 && pages > 0 && pages <= hvaPages && hva <= hvaPages - pages;
  }

  /** Yields the VMA around {@code hva}, or {@link Vma#NONE}. Held: mmap_lock. */
  @KernelFunction(value = "vma_lookup", file = "include/linux/mm.h", version = "v6.12")
  public Vma vmaLookup(long hva) {
    mmapLock.assertHeld();
    return vmaAt(hva);
  }

  /**
   * The same without a check of the lock: what following a VMA pointer comes to. Whoever kept one beyond the unlock
   * (8c2e8ac8ad4b) races with those who change the VMA.
   */
  public Vma vmaAt(long hva) {
    return inRange(hva, 1) ? vmas.get((int) vmaSerials.at((int) hva).read()) : Vma.NONE;
  }

  /** Makes a VMA of what {@code like} says, with a serial of its own, and links it. Held: mmap_lock(w). */
  Vma link(Vma like) {
    mmapLock.assertHeldWrite();
    Vma vma = new Vma(
        vmas.size(), like.start(), like.end(), like.kind(), like.shift(), like.writable(), like.mte());
    vmas.add(vma);
    for (long hva = vma.start(); hva < vma.end(); hva++) {
      vmaSerials.at((int) hva).write(vma.serial());
    }
    m.trace(Tracepoint.VMA_MAP, vma.start(), vma.end(), vma.kind().ordinal(), vma.shift());
    return vma;
  }

  /** Unlinks whatever is in {@code [start, end)}; VMAs are split already. Held: mmap_lock(w). */
  void unlink(long start, long end) {
    mmapLock.assertHeldWrite();
    for (long hva = start; hva < end; hva++) {
      vmaSerials.at((int) hva).write(0);
    }
    m.trace(Tracepoint.VMA_UNMAP, start, end);
  }

  /**
   * {@code set_pte_at()}: stores the entry. Held: ptl. Marked, because GUP-fast reads entries without the lock.
   *
   * @param oldPte what the entry holds now
   */
  void setPteAt(long hva, long oldPte, long newPte) {
    ptl.assertHeld();
    if (memMap.mte().isPresent()) {
      memMap.mte().get().mteSyncTags(swap, oldPte, newPte);
    }
    pte(hva).writeOnce(newPte);
    // elided: TLB flush of the host CPUs: nothing here runs in host user mode.
    m.trace(Tracepoint.HOST_PTE, hva, presentPfn(oldPte), presentPfn(newPte), Pte.isWritable(newPte) ? 1 : 0);
  }

  /**
   * {@code set_huge_pte_at()}: maps {@code 1 << shift} pages from {@code hva} by one entry. Held: ptl.
   *
   * <p>model: the entry is a word for each page; the words after the first are stored plainly, that is with no switch
   * in between, so that nobody sees half of it. Only a world that makes plain accesses choices too can show one.
   */
  void setHugePteAt(long hva, long headPfn, boolean writable, int shift) {
    setPteAt(hva, Pte.NONE, Pte.huge(headPfn, writable, shift));
    for (long i = 1; i < 1L << shift; i++) {
      pte(hva + i).write(Pte.huge(headPfn + i, writable, shift));
      m.trace(Tracepoint.HOST_PTE, hva + i, 0, headPfn + i, writable ? 1 : 0);
    }
  }

  /** {@code set_pte_at_notify()}: as {@link #setPteAt}; subscribers hear first (v6.10 dropped the call). Held: ptl. */
  void setPteAtNotify(long hva, long oldPte, long newPte) {
    notifiers.changePte(hva, Pte.pfn(newPte));
    setPteAt(hva, oldPte, newPte);
  }

  /**
   * Yields the size of the host mapping at {@code hva} as a power of two of pages, read without a lock, or -EAGAIN if
   * nothing is mapped any more. The caller made sure that no invalidation of {@code hva} is going on.
   */
  @KernelFunction(value = "get_user_mapping_size", file = "arch/arm64/kvm/mmu.c", version = "v6.12")
  public int userMappingShift(long hva) {
    long pte = pte(hva).readOnce();
    return Pte.isPresent(pte) ? Pte.shift(pte) : -Errno.EAGAIN;
  }

  private static long presentPfn(long pte) {
    return Pte.isPresent(pte) ? Pte.pfn(pte) : 0;
  }
}
