package io.stalemate.linux.kvm;

import io.stalemate.machine.Gfp;
import io.stalemate.machine.Machine;
import io.stalemate.machine.PageUse;
import io.stalemate.machine.RcuWait;
import io.stalemate.machine.Spinlock;
import io.stalemate.machine.Word;
import io.stalemate.machine.WordArray;

/**
 * {@code vcpu->async_pf} and {@code vcpu->wait}. model: it lies in a frame that is freed with the vCPU, so that whoever
 * uses the vCPU too long is seen.
 */
final class VcpuAsyncPf {

  private static final int QUEUE = 0;
  private static final int DONE = 2;
  private static final int QUEUED = 4;
  private static final int TOKENS = 5;
  private static final int PAGEREADY_PENDING = 6;
  private static final int WORDS = 7;

  final KvmVcpu vcpu;

  /** Guards {@link #done}; a leaf. */
  final Spinlock lock;

  /** Where the vCPU sleeps while its guest is halted. */
  final RcuWait wait;

  /** Works that are not over: the vCPU's own. */
  final WorkList queue;

  /** Works whose page is there: the worker adds, the vCPU takes. */
  final WorkList done;

  /** Length of {@link #queue}: the vCPU's own. */
  final Word queued;

  /** {@code apf.id}: tokens given out. The vCPU's own. */
  final Word tokens;

  /** {@code apf.pageready_pending}: the guest has not taken the last "page ready" yet; 0 without paravirtual ones. */
  final Word pagereadyPending;

  /** Frame of all that. */
  final long pfn;

  /** {@code kvm_async_pf_vcpu_init()}. Set-up only. */
  VcpuAsyncPf(Machine m, KvmVcpu vcpu) {
    this.vcpu = vcpu;
    this.lock = m.spinlock("async_pf.lock");
    this.wait = m.rcuWait("vcpu->wait");
    this.pfn = m.pages().alloc(PageUse.KERNEL, WORDS, Gfp.ATOMIC);
    WordArray words = m.pages().words(pfn);
    this.queue = new WorkList(m, words, QUEUE, KvmAsyncPf.QUEUE);
    this.done = new WorkList(m, words, DONE, KvmAsyncPf.LINK);
    this.queued = words.at(QUEUED);
    this.tokens = words.at(TOKENS);
    this.pagereadyPending = words.at(PAGEREADY_PENDING);
  }
}
