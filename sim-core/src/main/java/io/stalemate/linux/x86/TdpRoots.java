package io.stalemate.linux.x86;

import io.stalemate.linux.kvm.Kvm;
import io.stalemate.linux.kvm.Requests;
import io.stalemate.machine.KernelFunction;
import io.stalemate.machine.Machine;
import io.stalemate.machine.Spinlock;
import io.stalemate.machine.Tracepoint;
import io.stalemate.machine.Word;
import org.jspecify.annotations.Nullable;

/**
 * The roots of a VM: how vCPUs get and lose theirs, and how all are replaced at once when a memslot goes. Follows
 * {@code arch/x86/kvm/mmu/tdp_mmu.c} and {@code mmu.c}.
 *
 * <p>A root is kept by the references of vCPUs and walkers, and by one of the MMU's own until it is made invalid. It
 * stays in the list until the last reference is put: so notifiers find what an invalid root still maps.
 */
public class TdpRoots {

  protected final X86Mmu mmu;
  protected final Kvm kvm;
  protected final Machine m;

  /** {@code tdp_mmu_roots}: pfn of the first root. Changed under tdp_mmu_pages_lock, read under rcu. */
  private final Word roots;
  /** Guards the list against others who hold mmu_lock(r). Inside mmu_lock. */
  private final Spinlock tdpMmuPagesLock;
  /** {@code mmu_valid_gen}: 0 or 1; written under mmu_lock(w). Only pages outside the TDP MMU look at it. */
  private final Word mmuValidGen;

  public TdpRoots(X86Mmu mmu) {
    this.mmu = mmu;
    this.kvm = mmu.kvm;
    this.m = mmu.m;
    this.roots = m.word("kvm->arch.tdp_mmu_roots", 0);
    this.tdpMmuPagesLock = m.spinlock("tdp_mmu_pages_lock");
    this.mmuValidGen = m.word("kvm->arch.mmu_valid_gen", 0);
  }

  /** Sees to it that the vCPU has a root; 0 or -ENOMEM. Called by the vCPU. Held: srcu. May sleep. */
  @KernelFunction(value = "kvm_mmu_reload", file = "arch/x86/kvm/mmu.h", version = "v6.8-v6.12")
  public int kvmMmuReload(X86Vcpu vcpu) {
    return vcpu.root.read() != 0 ? 0 : kvmMmuLoad(vcpu);
  }

  @KernelFunction(value = "kvm_mmu_load", file = "arch/x86/kvm/mmu/mmu.c", version = "v6.8-v6.12",
      elided = "special roots, synchronising shadow pages")
  private int kvmMmuLoad(X86Vcpu vcpu) {
    int r = vcpu.mmuPageCache.topup(mmu.geometry.levels());
    if (r != 0) {
      return r;
    }
    long root = allocRoot(vcpu);
    vcpu.root.write(root);
    m.trace(Tracepoint.TDP_LOAD_ROOT, vcpu.id, root);
    mmu.vcpuRequests.flushTlbCurrent(vcpu);
    return 0;
  }

  /** Yields the pfn of a root with a reference for the vCPU: one that is there, or a new one. */
  @KernelFunction(value = "kvm_tdp_mmu_alloc_root", file = "arch/x86/kvm/mmu/tdp_mmu.c", version = "v6.9-v6.12",
      elided = "roots of other roles: all are alike")
  protected long allocRoot(X86Vcpu vcpu) {
    kvm.mmuLock.readLock();
    KvmMmuPage root = next(null, true);
    if (root == null) {
      tdpMmuPagesLock.lock();
      // Again: another vCPU may have come first.
      root = findValidRoot();
      if (root == null) {
        root = addRoot(vcpu);
      }
      tdpMmuPagesLock.unlock();
    }
    kvm.mmuLock.readUnlock();
    // It may be invalid by now. The request that came with that keeps the vCPU out of the guest.
    return root.pfn();
  }

  /** A valid root with a reference for the caller, or null. Held: tdp_mmu_pages_lock, or mmu_lock(w). */
  protected final @Nullable KvmMmuPage findValidRoot() {
    for (KvmMmuPage root = nextLocked(null); root != null; root = nextLocked(root)) {
      // A valid root has the MMU's reference: so there is one to add to.
      if (!isInvalid(root) && !m.warnOn(!getRoot(root), "a valid root without a reference")) {
        return root;
      }
    }
    return null;
  }

  /** A new root with a reference for the vCPU and one for the MMU. Held: tdp_mmu_pages_lock. */
  protected final KvmMmuPage addRoot(X86Vcpu vcpu) {
    KvmMmuPage root = mmu.tdpMmu.allocSp(vcpu);
    mmu.tdpMmu.initSp(root, 0, mmu.geometry.levels());
    root.rootCount().writeOnce(2);
    // list_add_rcu()
    root.link().writeOnce(roots.readOnce());
    roots.storeRelease(root.pfn());
    m.trace(Tracepoint.TDP_ROOT, root.pfn(), 1);
    return root;
  }

  /** {@code tdp_mmu_pages_lock}. */
  protected final Spinlock tdpMmuPagesLock() {
    return tdpMmuPagesLock;
  }

  /** Takes the vCPU's root away. Called by the vCPU. */
  @KernelFunction(value = "kvm_mmu_unload", file = "arch/x86/kvm/mmu/mmu.c", version = "v6.8-v6.12",
      elided = "guest_mmu's roots")
  public void kvmMmuUnload(X86Vcpu vcpu) {
    kvmMmuFreeRoots(vcpu);
  }

  /** Takes the vCPU's root away if it is obsolete: KVM_REQ_MMU_FREE_OBSOLETE_ROOTS. Called by the vCPU. */
  @KernelFunction(value = "kvm_mmu_free_obsolete_roots", file = "arch/x86/kvm/mmu/mmu.c", version = "v6.8-v6.12",
      elided = "previous roots, guest_mmu's roots")
  public void kvmMmuFreeObsoleteRoots(X86Vcpu vcpu) {
    long root = vcpu.root.read();
    if (root != 0 && isObsoleteRoot(root)) {
      kvmMmuFreeRoots(vcpu);
    }
  }

  @KernelFunction(value = "kvm_mmu_free_roots", file = "arch/x86/kvm/mmu/mmu.c", version = "v6.8-v6.12",
      elided = "previous roots")
  private void kvmMmuFreeRoots(X86Vcpu vcpu) {
    long root = vcpu.root.read();
    if (root == 0) {
      return;
    }
    lockToFree();
    putRoot(mmu.toShadowPage(root));
    vcpu.root.write(0);
    m.trace(Tracepoint.TDP_LOAD_ROOT, vcpu.id, 0);
    unlockToFree();
  }

  protected void lockToFree() {
    kvm.mmuLock.readLock();
  }

  protected void unlockToFree() {
    kvm.mmuLock.readUnlock();
  }

  /** {@code is_obsolete_root()}: whether nothing may be mapped in it any more. Final under mmu_lock, else a guess. */
  @KernelFunction(value = "is_obsolete_sp", file = "arch/x86/kvm/mmu/mmu_internal.h", version = "v6.8-v6.12",
      elided = "mmu_valid_gen, by which other pages than the TDP MMU's are told")
  public boolean isObsoleteRoot(long rootPfn) {
    // The kernel reads the role plainly; it changes under mmu_lock(w), which a vCPU that asks need not hold.
    return KvmMmuPage.invalid(mmu.toShadowPage(rootPfn).role().readOnce());
  }

  /**
   * Replaces all roots: what they map is gone when this returns, and no vCPU enters the guest with one of them after
   * the request. For vCPUs it is fast: they wait for a change of a flag, not for the zapping. Held: slots_lock.
   */
  @KernelFunction(value = "kvm_mmu_zap_all_fast", file = "arch/x86/kvm/mmu/mmu.c", version = "v6.8-v6.12",
      elided = "kvm_zap_obsolete_pages(): pages outside the TDP MMU")
  public void kvmMmuZapAllFast() {
    kvm.slotsLock.assertHeld();
    kvm.mmuLock.writeLock();
    long generation = mmuValidGen.read() == 0 ? 1 : 0;
    mmuValidGen.write(generation);
    invalidateAllRoots();
    // In the same critical section: whoever finds its root invalid finds the request as well.
    requestFreeObsoleteRoots();
    m.trace(Tracepoint.ZAP_ALL_FAST, generation, 0);
    kvm.mmuLock.writeUnlock();
    // Before the caller goes on: once the memslot is gone notifiers do not find its gfns (22b94c4b63eb, 0df9dab891ff).
    zapInvalidatedRoots();
  }

  /** kvm_make_all_cpus_request(KVM_REQ_MMU_FREE_OBSOLETE_ROOTS): waits until those in the guest are out. */
  protected void requestFreeObsoleteRoots() {
    kvm.requests.makeAllCpusRequest(Requests.KVM_REQ_MMU_FREE_OBSOLETE_ROOTS);
  }

  /** Marks all valid roots as invalid, and as to be zapped by the caller, who is given the MMU's references. */
  @KernelFunction(value = "kvm_tdp_mmu_invalidate_all_roots", file = "arch/x86/kvm/mmu/tdp_mmu.c",
      version = "v6.8-v6.12")
  protected void invalidateAllRoots() {
    kvm.mmuLock.assertHeldWrite();
    for (KvmMmuPage root = nextLocked(null); root != null; root = nextLocked(root)) {
      if (!isInvalid(root)) {
        root.scheduledRootToZap().write(1);
        root.role().write(root.role().read() | KvmMmuPage.ROLE_INVALID);
        m.trace(Tracepoint.TDP_ROOT, root.pfn(), 2);
      }
    }
  }

  /** Zaps the roots that the caller made invalid, and puts the references it was given. Held: slots_lock. */
  @KernelFunction(value = "kvm_tdp_mmu_zap_invalidated_roots", file = "arch/x86/kvm/mmu/tdp_mmu.c",
      version = "v6.8-v6.12")
  protected void zapInvalidatedRoots() {
    kvm.mmuLock.readLock();
    for (KvmMmuPage root = next(null, false); root != null; root = next(root, false)) {
      if (root.scheduledRootToZap().read() != 0) {
        root.scheduledRootToZap().write(0);
        m.warnOn(!isInvalid(root), "kvm_tdp_mmu_zap_invalidated_roots: a valid root is scheduled");
        zapInvalidatedRoot(root);
        // After it, as notifiers must find the root while it maps anything.
        putRoot(root);
      }
    }
    kvm.mmuLock.readUnlock();
  }

  /** Held: mmu_lock(r), let go of in between; a reference. */
  protected void zapInvalidatedRoot(KvmMmuPage root) {
    // No flush: vCPUs were made to let go of the root, and flush when they load one.
    mmu.zap.zapRoot(root, true);
  }

  /** Takes a reference; false if there is none left to add to. Held: rcu, mmu_lock, or a reference. */
  @KernelFunction(value = "kvm_tdp_mmu_get_root", file = "arch/x86/kvm/mmu/tdp_mmu.h", version = "v6.8-v6.12")
  public boolean getRoot(KvmMmuPage root) {
    long seen = root.rootCount().readOnce();
    while (seen != 0) {
      long before = root.rootCount().cmpxchg(seen, seen + 1);
      if (before == seen) {
        return true;
      }
      seen = before;
    }
    return false;
  }

  /** Puts a reference; the last one takes the root from the list and frees it. Held: mmu_lock in any mode. */
  @KernelFunction(value = "kvm_tdp_mmu_put_root", file = "arch/x86/kvm/mmu/tdp_mmu.c", version = "v6.8-v6.12")
  public void putRoot(KvmMmuPage root) {
    kvm.mmuLock.assertHeld();
    long before = root.rootCount().fetchAdd(-1);
    m.warnOn(before <= 0, "kvm_tdp_mmu_put_root of a root without references");
    if (before == 1) {
      m.warnOn(!isInvalid(root), "kvm_tdp_mmu_put_root: the last reference of a valid root");
      freeRoot(root);
    }
  }

  /** Nobody has a reference any more; those who look through the list may still see it. */
  protected void freeRoot(KvmMmuPage root) {
    tdpMmuPagesLock.lock();
    unlinkRoot(root);
    tdpMmuPagesLock.unlock();
    m.rcu().call(() -> {
      m.trace(Tracepoint.TDP_ROOT, root.pfn(), 0);
      mmu.tdpMmu.freeSp(root);
    });
  }

  /** list_del_rcu(): the root's own link stays, for those who are at it. model: from the head, without back links. */
  private void unlinkRoot(KvmMmuPage root) {
    Word link = roots;
    for (long pfn = link.readOnce(); pfn != root.pfn(); pfn = link.readOnce()) {
      link = mmu.toShadowPage(pfn).link();
    }
    link.storeRelease(root.link().readOnce());
  }

  /**
   * The root after {@code previous}, or the first, with a reference; null after the last. The reference of {@code
   * previous} is put. So the caller may let go of mmu_lock in between. Held: mmu_lock in any mode.
   *
   * @param onlyValid whether invalid roots are passed over
   */
  @KernelFunction(value = "tdp_mmu_next_root", file = "arch/x86/kvm/mmu/tdp_mmu.c", version = "v6.8-v6.12",
      elided = "address spaces")
  public @Nullable KvmMmuPage next(@Nullable KvmMmuPage previous, boolean onlyValid) {
    kvm.mmuLock.assertHeld();
    m.rcu().readLock();
    KvmMmuPage found = after(previous);
    while (found != null && ((onlyValid && isInvalid(found)) || !getRoot(found))) {
      found = after(found);
    }
    m.rcu().readUnlock();
    if (previous != null) {
      putRoot(previous);
    }
    return found;
  }

  /** As {@link #next}, of all roots and without references. Held: mmu_lock(w), or tdp_mmu_pages_lock. */
  public final @Nullable KvmMmuPage nextLocked(@Nullable KvmMmuPage previous) {
    return after(previous);
  }

  private @Nullable KvmMmuPage after(@Nullable KvmMmuPage previous) {
    long pfn = previous == null ? roots.readOnce() : previous.link().readOnce();
    return pfn == 0 ? null : mmu.toShadowPage(pfn);
  }

  /** {@code role.invalid}. Held: mmu_lock in any mode. */
  public final boolean isInvalid(KvmMmuPage root) {
    return KvmMmuPage.invalid(root.role().read());
  }
}
