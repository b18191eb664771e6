package io.stalemate.yardstick;

import io.stalemate.machine.Gfp;
import io.stalemate.machine.KernelFunction;
import io.stalemate.machine.Machine;
import io.stalemate.machine.PageUse;
import io.stalemate.machine.Spinlock;
import io.stalemate.machine.Tracepoint;
import io.stalemate.machine.Word;
import io.stalemate.machine.WordArray;

/**
 * One gfn, one stage-2 leaf, one host page that invalidators replace. The steps are those of {@code user_mem_abort}
 * and of {@code kvm_mmu_notifier_invalidate_range_start} / {@code _end}, reduced to the sequence count, the number of
 * invalidations in progress and {@code mmu_lock}.
 */
public class Yardstick {

  protected static final long GFN = 0;
  private static final long LEVEL = 3;
  /** Valid, page, access flag, readable and writable; see the stage-2 descriptor format. */
  private static final long LEAF_BITS = 1 | 1 << 1 | 1 << 6 | 1 << 7 | 1 << 10;
  private static final int PAGE_SHIFT = 12;

  protected final Machine m;
  private final Spinlock mmuLock;
  protected final Word mmuInvalidateSeq;
  protected final Word mmuInvalidateInProgress;
  private final Word hostPage;
  private final Word leaf;
  private final WordArray freed;
  private final long[] pfns;

  /** The yardstick for {@code invalidations} invalidations; allocates all pages that will ever back the gfn. */
  public Yardstick(Machine m, int invalidations) {
    this.m = m;
    this.mmuLock = m.spinlock("mmu_lock");
    this.mmuInvalidateSeq = m.word("kvm->mmu_invalidate_seq", 0);
    this.mmuInvalidateInProgress = m.word("kvm->mmu_invalidate_in_progress", 0);
    this.pfns = new long[invalidations + 1];
    for (int i = 0; i < pfns.length; i++) {
      pfns[i] = m.pages().alloc(PageUse.USER, 1, Gfp.KERNEL);
    }
    this.hostPage = m.word("host_page", 0);
    this.leaf = m.word("s2", GFN, 0);
    this.freed = m.words("page_freed", pfns.length);
    m.trace(Tracepoint.HOST_PTE, GFN, 0, pfns[0], 1);
  }

  /** A vCPU faults on the gfn until it has installed a leaf. */
  public final void vcpuFault() {
    while (!tryFault()) {
      m.retrying();
    }
  }

  @KernelFunction(value = "user_mem_abort", file = "arch/arm64/kvm/mmu.c", version = "v5.15-v6.12",
      elided = "all but the protocol")
  private boolean tryFault() {
    long seq = mmuInvalidateSeq.readOnce();
    m.trace(Tracepoint.FAULT_SEQ, GFN, seq);
    int page = (int) hostPage.readOnce();
    m.trace(Tracepoint.FAULT_PFN, GFN, pfns[page], 1, 0);
    mmuLock.lock();
    if (mmuInvalidateRetry(seq)) {
      mmuLock.unlock();
      m.trace(Tracepoint.FAULT_DONE, GFN, 0);
      return false;
    }
    setLeaf(pfns[page] << PAGE_SHIFT | LEAF_BITS);
    m.warnOn(freed.at(page).readOnce() != 0, "stage-2 leaf maps a freed page");
    mmuLock.unlock();
    m.trace(Tracepoint.FAULT_DONE, GFN, 0);
    return true;
  }

  /** Whether the fault has to start again; caller holds {@code mmu_lock}. */
  @KernelFunction(value = "mmu_invalidate_retry", file = "include/linux/kvm_host.h", version = "v6.1-v6.12")
  protected boolean mmuInvalidateRetry(long seq) {
    long inProgress = mmuInvalidateInProgress.read();
    long now = mmuInvalidateSeq.read();
    if (inProgress == 0 && now == seq) {
      return false;
    }
    m.trace(Tracepoint.FAULT_RETRY, GFN, seq, now, inProgress);
    return true;
  }

  /** Invalidator number {@code invalidator} (from 0) replaces the host's page; each number is used once. */
  public final void invalidate(int invalidator) {
    invalidateRangeStart();
    switchHostPage(invalidator);
    invalidateRangeEnd();
  }

  @KernelFunction(value = "kvm_mmu_notifier_invalidate_range_start", file = "virt/kvm/kvm_main.c",
      version = "v5.15-v6.12", elided = "all but the protocol")
  private void invalidateRangeStart() {
    mmuLock.lock();
    long inProgress = mmuInvalidateInProgress.read() + 1;
    mmuInvalidateInProgress.write(inProgress);
    m.trace(Tracepoint.INVALIDATE_BEGIN, inProgress, 0);
    m.trace(Tracepoint.INVALIDATE_RANGE, GFN, GFN + 1);
    setLeaf(0);
    mmuLock.unlock();
  }

  @KernelFunction(value = "zap_page_range_single", file = "mm/memory.c", version = "v5.15-v6.12",
      elided = "all but one page, which another replaces at once")
  private void switchHostPage(int invalidator) {
    int old = (int) hostPage.xchg(invalidator + 1L);
    m.trace(Tracepoint.HOST_PTE, GFN, pfns[old], pfns[invalidator + 1], 1);
    freed.at(old).writeOnce(1);
    m.pages().free(pfns[old]);
  }

  @KernelFunction(value = "kvm_mmu_notifier_invalidate_range_end", file = "virt/kvm/kvm_main.c",
      version = "v5.15-v6.12", elided = "all but the protocol")
  private void invalidateRangeEnd() {
    mmuLock.lock();
    long seq = mmuInvalidateSeq.read() + 1;
    mmuInvalidateSeq.write(seq);
    long left = mmuInvalidateInProgress.read() - 1;
    mmuInvalidateInProgress.write(left);
    m.trace(Tracepoint.INVALIDATE_END, seq, left);
    mmuLock.unlock();
  }

  private void setLeaf(long pte) {
    long old = leaf.readOnce();
    leaf.writeOnce(pte);
    m.trace(Tracepoint.S2_SET_PTE, GFN, LEVEL, old, pte);
  }
}
