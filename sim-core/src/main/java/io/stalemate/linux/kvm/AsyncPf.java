package io.stalemate.linux.kvm;

import io.stalemate.machine.Gfp;
import io.stalemate.machine.KernelFunction;
import io.stalemate.machine.Machine;
import io.stalemate.machine.PageUse;
import io.stalemate.machine.Pages;
import io.stalemate.machine.TaskState;
import io.stalemate.machine.Tracepoint;
import io.stalemate.machine.Word;
import java.util.ArrayList;
import java.util.List;

/**
 * Asynchronous page faults: a page that needs I/O is brought in by a worker, and the vCPU replays its fault once the
 * page is there. Only a vCPU's own task takes works away. Follows {@code virt/kvm/async_pf.c}; the architecture is in
 * subclasses.
 */
public abstract class AsyncPf {

  /** {@code ASYNC_PF_PER_VCPU}. model: few, where the kernel allows 64. */
  private static final int ASYNC_PF_PER_VCPU = 4;
  private static final int PAGE_SHIFT = 12;

  protected final Kvm kvm;
  protected final Machine m;

  private final Workqueue workqueue;
  private final Word vcpusLeft;
  private final List<VcpuAsyncPf> vcpus = new ArrayList<>();

  protected AsyncPf(Kvm kvm) {
    this.kvm = kvm;
    this.m = kvm.m;
    this.workqueue = new Workqueue(m, KvmAsyncPf.ENTRY);
    this.vcpusLeft = m.word("async_pf_vcpus", 0);
  }

  /** Has {@code vcpu} have works. Set-up only. */
  @KernelFunction(value = "kvm_async_pf_vcpu_init", file = "virt/kvm/async_pf.c", version = "v6.8-v6.12")
  public final void initVcpu(KvmVcpu vcpu) {
    vcpus.add(new VcpuAsyncPf(m, vcpu));
    vcpusLeft.write(vcpusLeft.read() + 1);
  }

  /** {@code vcpu->async_pf} of the vCPU with {@code id}: ids are any numbers, in any order. */
  private VcpuAsyncPf of(long id) {
    for (VcpuAsyncPf pf : vcpus) {
      if (pf.vcpu.id == id) {
        return pf;
      }
    }
    throw new IllegalArgumentException("vCPU " + id + " was not initialised");
  }

  /** Replays the fault. Held: srcu. */
  protected abstract void pageReady(KvmVcpu vcpu, KvmAsyncPf work);

  /** Decides what the guest does meanwhile. */
  protected abstract void pageNotPresent(KvmVcpu vcpu);

  /** Makes the vCPU look at what is done. Called by the worker. */
  protected abstract void pagePresentQueued(KvmVcpu vcpu);

  /** {@code apf.pageready_pending}. */
  protected final boolean pagereadyPending(KvmVcpu vcpu) {
    return of(vcpu.id).pagereadyPending.readOnce() != 0;
  }

  /** Whether a work of the calling vCPU is about {@code gfn}. */
  @KernelFunction(value = "kvm_find_async_pf_gfn", file = "arch/x86/kvm/x86.c", version = "v6.8-v6.12",
      elided = "the hash")
  protected final boolean findGfn(KvmVcpu vcpu, long gfn) {
    VcpuAsyncPf pf = of(vcpu.id);
    for (long work = pf.queue.first(); work != 0; work = pf.queue.next(work)) {
      if (gfn(new KvmAsyncPf(m, work)) == gfn) {
        return true;
      }
    }
    return false;
  }

  /**
   * Has a worker bring in the page at {@code hva}. Called by the vCPU. Yields false if the fault must wait for the page
   * itself: too many works, or no memory for another one. Held: srcu.
   */
  @KernelFunction(value = "kvm_setup_async_pf", file = "virt/kvm/async_pf.c", version = "v6.8-v6.12")
  protected final boolean setup(KvmVcpu vcpu, long gpa, long hva, long errorCode) {
    VcpuAsyncPf pf = of(vcpu.id);
    if (pf.queued.read() >= ASYNC_PF_PER_VCPU || hva < 0) {
      return false;
    }
    long frame = m.pages().alloc(PageUse.KERNEL, KvmAsyncPf.WORDS, Gfp.ATOMIC);
    if (frame == Pages.NO_PAGE) {
      return false;
    }
    long token = pf.tokens.read() + 1;
    pf.tokens.write(token);
    KvmAsyncPf work = new KvmAsyncPf(m, frame);
    work.gpa().write(gpa);
    work.addr().write(hva);
    work.token().write(token);
    work.errorCode().write(errorCode);
    work.vcpu().write(vcpu.id);
    pf.queue.addTail(frame);
    pf.queued.write(pf.queued.read() + 1);
    m.trace(Tracepoint.ASYNC_PF_SETUP, vcpu.id, gfn(work), token, 0);
    pageNotPresent(vcpu);
    workqueue.queueWork(frame);
    return true;
  }

  /** The worker's task: runs works until no vCPU may have any more. */
  @KernelFunction(value = "process_one_work", file = "kernel/workqueue.c", version = "v6.8-v6.12")
  public void worker() {
    for (long work = workqueue.nextWork(); work != 0; work = workqueue.nextWork()) {
      execute(new KvmAsyncPf(m, work));
      workqueue.workDone();
    }
  }

  /** Brings the page in, successful or not, and tells the vCPU. */
  @KernelFunction(value = "async_pf_execute", file = "virt/kvm/async_pf.c", version = "v6.8-v6.12",
      elided = "mmget_not_zero(): the address space lives as long as the VM here")
  private void execute(KvmAsyncPf work) {
    VcpuAsyncPf pf = of(work.vcpu().read());
    long gfn = gfn(work);
    long token = work.token().read();
    long pfn = kvm.gfnToPfn.gup.getUserPagesUnlocked(work.addr().read(), true);
    if (pfn > 0) {
      // The worker only wants the page to be mapped by the host: it asks for no reference.
      kvm.mm.memMap.putPage(pfn);
    }
    pf.lock.lock();
    boolean first = pf.done.isEmptyCareful();
    pf.done.addTail(work.work());
    m.trace(Tracepoint.ASYNC_PF_DONE, pf.vcpu.id, gfn, token, 0);
    pf.lock.unlock();
    // From here on the vCPU may free the work; and itself, unless it waits for the worker to be done.
    if (first) {
      pagePresentQueued(pf.vcpu);
    }
    pf.wait.wakeUp();
  }

  /** Replays all that is done. Called by the vCPU. Held: srcu. Sleeps. */
  @KernelFunction(value = "kvm_check_async_pf_completion", file = "virt/kvm/async_pf.c", version = "v6.8-v6.12",
      elided = "kvm_arch_async_page_present(): nothing is injected into the guest")
  public void checkAsyncPfCompletion(KvmVcpu vcpu) {
    VcpuAsyncPf pf = of(vcpu.id);
    while (!pf.done.isEmptyCareful()) {
      long work = takeDone(pf);
      pageReady(vcpu, new KvmAsyncPf(m, work));
      pf.queue.remove(work);
      pf.queued.write(pf.queued.read() - 1);
      flushAndFree(work);
    }
  }

  /** Takes all works of {@code vcpu}, which goes, away. Called by the vCPU. Sleeps. */
  @KernelFunction(value = "kvm_clear_async_pf_completion_queue", file = "virt/kvm/async_pf.c", version = "v6.8-v6.12")
  public void clearCompletionQueue(KvmVcpu vcpu) {
    if (vcpus.isEmpty()) {
      return;
    }
    VcpuAsyncPf pf = of(vcpu.id);
    for (long work = pf.queue.first(); work != 0; work = pf.queue.first()) {
      pf.queue.remove(work);
      if (workqueue.cancelWorkSync(work)) {
        m.pages().free(work);
      }
    }
    while (!pf.done.isEmptyCareful()) {
      flushAndFree(takeDone(pf));
    }
    pf.queued.write(0);
    m.pages().free(pf.pfn);
    if (vcpusLeft.fetchAdd(-1) == 1) {
      workqueue.stop();
    }
  }

  private long takeDone(VcpuAsyncPf pf) {
    pf.lock.lock();
    long work = pf.done.first();
    pf.done.remove(work);
    pf.lock.unlock();
    return work;
  }

  /**
   * Frees a work that is done. Its function may not have returned yet, and touches the vCPU: so it is waited for
   * (3d75b8aa5c29).
   */
  @KernelFunction(value = "kvm_flush_and_free_async_pf_work", file = "virt/kvm/async_pf.c", version = "v6.9-v6.12")
  private void flushAndFree(long work) {
    flush(work);
    m.pages().free(work);
  }

  /** Sleeps until the worker is done with {@code work}. */
  protected void flush(long work) {
    workqueue.flushWork(work);
  }

  /**
   * Sleeps while the guest is halted, that is until a work of {@code vcpu} is done. Called by the vCPU. Held: nothing.
   */
  @KernelFunction(value = "kvm_vcpu_block", file = "virt/kvm/kvm_main.c", version = "v6.8-v6.12",
      elided = "interrupts for the guest and signals: none comes here")
  protected final void block(KvmVcpu vcpu) {
    VcpuAsyncPf pf = of(vcpu.id);
    pf.wait.prepare();
    m.setCurrentState(TaskState.INTERRUPTIBLE);
    // Pairs with the worker, which adds a work and then wakes up whoever sleeps.
    while (pf.done.isEmptyCareful()) {
      m.schedule();
      m.setCurrentState(TaskState.INTERRUPTIBLE);
    }
    pf.wait.finish();
  }

  /** The gfn that {@code work} is about. */
  protected static long gfn(KvmAsyncPf work) {
    return work.gpa().read() >>> PAGE_SHIFT;
  }
}
