package io.stalemate.linux.arm64.nvhe;

import static io.stalemate.linux.Errno.EFAULT;
import static io.stalemate.linux.Errno.EIO;
import static io.stalemate.linux.Errno.EPERM;

import io.stalemate.cpu.StageTwoPte;
import io.stalemate.linux.arm64.PgtableProt;
import io.stalemate.machine.KernelFunction;
import io.stalemate.machine.Machine;
import io.stalemate.machine.Spinlock;
import io.stalemate.machine.Tracepoint;
import io.stalemate.machine.WordArray;

/**
 * {@code pkvm_pgtable}, the hypervisor's own stage-1 table, and {@code hyp_vmemmap}. model: one entry a page and no
 * walker, since nothing here depends on the shape of the table; EL2's TLB is left out with it.
 */
public class HypPgtable {

  /** {@code pkvm_pgd_lock}. */
  public final Spinlock lock;

  protected final Machine m;
  private final long pfnFirst;
  private final long pfnEnd;
  /** Entries by page. Written under {@link #lock}, read by EL2's own accesses with none. */
  private final WordArray entries;
  /** {@code hyp_page->refcount} by page. Held: {@link #lock}. */
  private final WordArray refcounts;

  /** An empty table for the pages from {@code pfnFirst} to {@code pfnEnd}. */
  public HypPgtable(Machine m, long pfnFirst, long pfnEnd) {
    this.m = m;
    this.pfnFirst = pfnFirst;
    this.pfnEnd = pfnEnd;
    this.lock = m.spinlock("pkvm_pgd_lock");
    int pages = Math.toIntExact(pfnEnd - pfnFirst);
    this.entries = m.words("pkvm_pgtable", pages);
    this.refcounts = m.words("hyp_page->refcount", pages);
  }

  /** First page that the hypervisor keeps anything about. */
  public long pfnFirst() {
    return pfnFirst;
  }

  /** Page after the last. */
  public long pfnEnd() {
    return pfnEnd;
  }

  /**
   * Whether every page of {@code tx} is the hypervisor's in state {@code state}: 0 or {@code -EPERM}. It has nothing to
   * do with pages that it keeps nothing about.
   */
  @KernelFunction(
      value = "__hyp_check_page_state_range",
      file = "arch/arm64/kvm/hyp/nvhe/mem_protect.c",
      version = "v6.2-v6.12")
  public int hypCheckPageStateRange(PkvmMemTransition tx, PkvmPageState state) {
    lock.assertHeld();
    for (long pfn = tx.pfn(); pfn < tx.pfn() + tx.nrPages(); pfn++) {
      long pte = keeps(pfn) ? entries.at(index(pfn)).read() : 0;
      PkvmPageState is = StageTwoPte.valid(pte) ? PkvmPageState.getState(pte) : PkvmPageState.NOPAGE;
      if (is != state) {
        return -EPERM;
      }
    }
    return 0;
  }

  /** Maps the pages of {@code tx} for the hypervisor in state {@code state}. */
  @KernelFunction(
      value = "pkvm_create_mappings_locked",
      file = "arch/arm64/kvm/hyp/nvhe/mm.c",
      version = "v5.15-v6.12",
      elided = "the table")
  public int pkvmCreateMappingsLocked(PkvmMemTransition tx, PkvmPageState state) {
    lock.assertHeld();
    long bits = (state.mkState(0) & PgtableProt.SW0) != 0 ? StageTwoPte.SW0 : 0;
    bits |= (state.mkState(0) & PgtableProt.SW1) != 0 ? StageTwoPte.SW1 : 0;
    for (long pfn = tx.pfn(); pfn < tx.pfn() + tx.nrPages(); pfn++) {
      // model: there is no entry for a page behind the last memory; oracles see what was given away there
      if (keeps(pfn)) {
        // Pairs with the loads of EL2's own accesses.
        entries.at(index(pfn)).storeRelease(bits | StageTwoPte.VALID);
      }
    }
    return 0;
  }

  /** Unmaps the pages of {@code tx}: 0, or {@code -EFAULT} if one was not mapped. */
  @KernelFunction(
      value = "kvm_pgtable_hyp_unmap",
      file = "arch/arm64/kvm/hyp/pgtable.c",
      version = "v6.2-v6.12",
      elided = "the table, TLB invalidation at EL2; yields what its callers make of the size")
  public int kvmPgtableHypUnmap(PkvmMemTransition tx) {
    lock.assertHeld();
    for (long pfn = tx.pfn(); pfn < tx.pfn() + tx.nrPages(); pfn++) {
      if (!keeps(pfn) || !StageTwoPte.valid(entries.at(index(pfn)).read())) {
        return -EFAULT;
      }
      entries.at(index(pfn)).writeOnce(0);
    }
    return 0;
  }

  /** The entry of page {@code pfn}, for v5.15, which looks at it directly. Held: {@link #lock}. */
  long entry(long pfn) {
    return entries.at(index(pfn)).read();
  }

  /** {@code hyp_page_count()}: pins of page {@code pfn}. Held: {@link #lock}. */
  long pageCount(long pfn) {
    return refcounts.at(index(pfn)).read();
  }

  /** {@code hyp_page_ref_inc()} and {@code hyp_page_ref_dec()}. Held: {@link #lock}. */
  void addPageRefs(long pfn, long delta) {
    long count = pageCount(pfn) + delta;
    m.warnOn(count < 0, "hyp_page_ref_dec: page has no reference");
    refcounts.at(index(pfn)).write(count);
  }

  /**
   * The hypervisor fills page {@code pfn} and looks whether it stays so.
   *
   * @return {@code -EFAULT} if it has no mapping (EL2 would panic), {@code -EIO} if somebody else wrote meanwhile
   */
  public int hypWrite(long pfn) {
    if (!keeps(pfn) || !StageTwoPte.valid(entries.at(index(pfn)).readOnce())) {
      return -EFAULT;
    }
    m.trace(Tracepoint.HYP_ACCESS, pfn, 1, 0, 0);
    long token = m.pages().clear(pfn);
    return m.pages().words(pfn).at(0).readOnce() == token ? 0 : -EIO;
  }

  /** The hypervisor reads page {@code pfn}; {@code -EFAULT} if it has no mapping. */
  public int hypRead(long pfn) {
    if (!keeps(pfn) || !StageTwoPte.valid(entries.at(index(pfn)).readOnce())) {
      return -EFAULT;
    }
    m.trace(Tracepoint.HYP_ACCESS, pfn, 0, 0, 0);
    m.pages().words(pfn).at(0).readOnce();
    return 0;
  }

  /** Whether the hypervisor keeps anything about page {@code pfn}. */
  boolean keeps(long pfn) {
    return pfnFirst <= pfn && pfn < pfnEnd;
  }

  private int index(long pfn) {
    return Math.toIntExact(pfn - pfnFirst);
  }
}
