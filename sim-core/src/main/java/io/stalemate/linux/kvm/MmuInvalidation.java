package io.stalemate.linux.kvm;

import io.stalemate.machine.KernelFunction;
import io.stalemate.machine.Machine;
import io.stalemate.machine.Tracepoint;

/**
 * The counters that keep faults and invalidations apart. A fault samples the sequence before it reads anything that can
 * go stale and asks {@link #retry} under mmu_lock before it installs: "in progress" catches a fault whose check falls
 * inside an invalidation, the sequence one whose lookup did.
 *
 * <p>The form of v6.8 and later, the range in gfns; names of v6.1 and later. Follows {@code virt/kvm/kvm_main.c} and
 * {@code include/linux/kvm_host.h}.
 */
public class MmuInvalidation {
  /** {@code INVALID_GPA}: no range was added yet. */
  public static final long INVALID_GPA = -1;

  protected final Kvm kvm;
  protected final Machine m;

  public MmuInvalidation(Kvm kvm) {
    this.kvm = kvm;
    this.m = kvm.m;
  }

  /**
   * Yields the sequence, for a later {@link #retry}. Held: nothing. The kernel reads the field plainly; KCSAN's default
   * takes the aligned plain store in {@link #end} for atomic, and the model's marked load says the same.
   */
  public long sample() {
    return kvm.mmuInvalidateSeq.readOnce();
  }

  /** An invalidation begins; the caller adds a range before it lets go of the lock. Held: mmu_lock(w). */
  @KernelFunction(value = "kvm_mmu_invalidate_begin", file = "virt/kvm/kvm_main.c", version = "v6.8-v6.12")
  public void begin() {
    kvm.mmuLock.assertHeldWrite();
    if (countUp() == 1) {
      kvm.mmuInvalidateRangeStart.write(INVALID_GPA);
      kvm.mmuInvalidateRangeEnd.write(INVALID_GPA);
    }
  }

  /** {@link #begin} for a notifier's hva range: up to v6.7 the range was kept in hvas. Held: mmu_lock(w). */
  public void beginHva(long hvaStart, long hvaEnd) {
    begin();
  }

  /** Widens the range to cover {@code [gfnStart, gfnEnd)}. Held: mmu_lock(w). */
  @KernelFunction(value = "kvm_mmu_invalidate_range_add", file = "virt/kvm/kvm_main.c", version = "v6.8-v6.12")
  public void rangeAdd(long gfnStart, long gfnEnd) {
    kvm.mmuLock.assertHeldWrite();
    m.warnOn(kvm.mmuInvalidateInProgress.read() == 0, "kvm_mmu_invalidate_range_add outside an invalidation");
    widen(gfnStart, gfnEnd);
    m.trace(Tracepoint.INVALIDATE_RANGE, gfnStart, gfnEnd);
  }

  /** An invalidation ends: faults that looked anything up before now will retry. Held: mmu_lock(w). */
  @KernelFunction(value = "kvm_mmu_invalidate_end", file = "virt/kvm/kvm_main.c", version = "v5.15-v6.12",
      elided = "KVM_BUG_ON kills the VM")
  public void end() {
    kvm.mmuLock.assertHeldWrite();
    // A fault that sees the count at 0 must see the new sequence: pairs with smp_rmb() in retry().
    long seq = seqUp();
    m.smpWmb();
    long count = kvm.mmuInvalidateInProgress.read() - 1;
    kvm.mmuInvalidateInProgress.write(count);
    m.trace(Tracepoint.INVALIDATE_END, seq, count);
    m.warnOn(count < 0, "mmu_invalidate_in_progress < 0");
    m.warnOn(kvm.mmuInvalidateRangeStart.read() == INVALID_GPA, "kvm_mmu_invalidate_end without a range");
  }

  /**
   * Yields whether a fault that sampled {@code mmuSeq} must try again. Held: mmu_lock in any mode.
   *
   * @param gfn the fault's, for the trace alone
   */
  @KernelFunction(value = "mmu_invalidate_retry", file = "include/linux/kvm_host.h", version = "v5.15-v6.12")
  public boolean retry(long mmuSeq, long gfn) {
    kvm.mmuLock.assertHeld();
    long inProgress = kvm.mmuInvalidateInProgress.read();
    if (inProgress != 0) {
      return sendBack(gfn, mmuSeq, kvm.mmuInvalidateSeq.read(), inProgress);
    }
    // Pairs with smp_wmb() in end().
    m.smpRmb();
    return seqMoved(gfn, mmuSeq);
  }

  /** As {@link #retry}, but a fault outside the range of what is in progress may go on. Held: mmu_lock in any mode. */
  @KernelFunction(value = "mmu_invalidate_retry_gfn", file = "include/linux/kvm_host.h", version = "v6.8-v6.12")
  public boolean retryGfn(long mmuSeq, long gfn) {
    kvm.mmuLock.assertHeld();
    long inProgress = kvm.mmuInvalidateInProgress.read();
    if (inProgress != 0) {
      long start = kvm.mmuInvalidateRangeStart.read();
      long end = kvm.mmuInvalidateRangeEnd.read();
      // Dropping mmu_lock between begin and the first range is a bug, yet the safe answer is to retry.
      boolean noRange = m.warnOn(start == INVALID_GPA || end == INVALID_GPA, "an invalidation without a range");
      if (noRange || (gfn >= start && gfn < end)) {
        return sendBack(gfn, mmuSeq, kvm.mmuInvalidateSeq.read(), inProgress);
      }
    }
    return seqMoved(gfn, mmuSeq);
  }

  /**
   * A guess without the lock, wrong in both directions: good for not asking the host in vain, never instead of
   * {@link #retryGfn}. Held: nothing.
   */
  @KernelFunction(value = "mmu_invalidate_retry_gfn_unsafe", file = "include/linux/kvm_host.h", version = "v6.8-v6.12")
  public boolean retryGfnUnsafe(long mmuSeq, long gfn) {
    long inProgress = kvm.mmuInvalidateInProgress.readOnce();
    if (inProgress != 0) {
      // The kernel reads the range plainly; see sample().
      long start = kvm.mmuInvalidateRangeStart.readOnce();
      long end = kvm.mmuInvalidateRangeEnd.readOnce();
      if (gfn >= start && gfn < end) {
        return sendBack(gfn, mmuSeq, mmuSeq, inProgress);
      }
    }
    long seq = kvm.mmuInvalidateSeq.readOnce();
    return seq != mmuSeq && sendBack(gfn, mmuSeq, seq, 0);
  }

  /** The sequence moves on; yields its new value. */
  protected long seqUp() {
    long seq = kvm.mmuInvalidateSeq.read() + 1;
    kvm.mmuInvalidateSeq.write(seq);
    return seq;
  }

  /** One more in progress; yields how many there are. */
  protected long countUp() {
    long count = kvm.mmuInvalidateInProgress.read() + 1;
    kvm.mmuInvalidateInProgress.write(count);
    m.trace(Tracepoint.INVALIDATE_BEGIN, count, 0);
    return count;
  }

  /** The range grows to the union and never shrinks while anything is in progress: false retries only. */
  protected void widen(long start, long end) {
    if (kvm.mmuInvalidateRangeStart.read() == INVALID_GPA) {
      kvm.mmuInvalidateRangeStart.write(start);
      kvm.mmuInvalidateRangeEnd.write(end);
    } else {
      kvm.mmuInvalidateRangeStart.write(Math.min(kvm.mmuInvalidateRangeStart.read(), start));
      kvm.mmuInvalidateRangeEnd.write(Math.max(kvm.mmuInvalidateRangeEnd.read(), end));
    }
  }

  /** The second half of every locked predicate. */
  protected final boolean seqMoved(long gfn, long mmuSeq) {
    long seq = kvm.mmuInvalidateSeq.read();
    return seq != mmuSeq && sendBack(gfn, mmuSeq, seq, 0);
  }

  /** Says that a fault goes back; yields true. */
  protected final boolean sendBack(long gfn, long mmuSeq, long seq, long inProgress) {
    m.trace(Tracepoint.FAULT_RETRY, gfn, mmuSeq, seq, inProgress);
    return true;
  }
}
