package io.stalemate.linux.x86;

import io.stalemate.cpu.x86.EptGeometry;
import io.stalemate.linux.kvm.Kvm;
import io.stalemate.linux.kvm.KvmMemorySlot;
import io.stalemate.machine.KernelFunction;
import io.stalemate.machine.Machine;
import io.stalemate.machine.Tracepoint;
import org.jspecify.annotations.Nullable;

/** Takes translations away. Follows {@code arch/x86/kvm/mmu/tdp_mmu.c} and {@code mmu.c}. */
public class TdpZap {

  protected final X86Mmu mmu;
  protected final Kvm kvm;
  protected final Machine m;

  public TdpZap(X86Mmu mmu) {
    this.mmu = mmu;
    this.kvm = mmu.kvm;
    this.m = mmu.m;
  }

  /**
   * Empties the leafs of a range, in invalid roots too: when this returns, and the TLBs are flushed, the host may have
   * the pages. Yields whether the caller must flush before it lets go of mmu_lock. Held: mmu_lock(w).
   *
   * @param canYield whether mmu_lock may be let go of in between
   * @param flush whether there is something to flush already
   */
  @KernelFunction(value = "kvm_tdp_mmu_unmap_gfn_range", file = "arch/x86/kvm/mmu/tdp_mmu.c", version = "v6.8-v6.12")
  public boolean zapLeafs(long gfnStart, long gfnEnd, boolean canYield, boolean flush) {
    boolean toFlush = flush;
    for (KvmMmuPage root = nextToUnmap(null); root != null; root = nextToUnmap(root)) {
      toFlush = tdpMmuZapLeafs(root, gfnStart, gfnEnd, canYield, toFlush);
    }
    return toFlush;
  }

  /** The root after {@code previous}: all of them (d62007edf01f), each with a reference while mmu_lock is let go of. */
  protected @Nullable KvmMmuPage nextToUnmap(@Nullable KvmMmuPage previous) {
    return mmu.roots.next(previous, false);
  }

  /** The leafs of one root; tables stay. Held: mmu_lock(w), let go of in between if {@code canYield}. */
  @KernelFunction(value = "tdp_mmu_zap_leafs", file = "arch/x86/kvm/mmu/tdp_mmu.c", version = "v6.8-v6.12")
  protected boolean tdpMmuZapLeafs(KvmMmuPage root, long gfnStart, long gfnEnd, boolean canYield, boolean flush) {
    kvm.mmuLock.assertHeldWrite();
    boolean toFlush = flush;
    long end = Math.min(gfnEnd, mmu.geometry.gfns());
    m.rcu().readLock();
    for (TdpIter iter = mmu.tdpMmu.iter(root, EptGeometry.LEVEL_4K, gfnStart, end); iter.valid; iter.next()) {
      if (canYield && mmu.tdpMmu.iterCondResched(iter, toFlush, false)) {
        toFlush = false;
      } else if (Spte.leaf(iter.oldSpte, iter.level)) {
        mmu.tdpMmu.iterSetSpte(iter, Spte.NONPRESENT);
        toFlush |= needsFlush(root);
      }
    }
    m.rcu().readUnlock();
    return toFlush;
  }

  /** Of an invalid root nothing can be in use in a TLB: vCPUs flush when they load another (fcdffe97f80e). */
  protected boolean needsFlush(KvmMmuPage root) {
    return !mmu.roots.isInvalid(root);
  }

  /**
   * Takes away what is mapped in a range although the host changed nothing, such as when what KVM makes of the gfns
   * changes. Faults in the range go back meanwhile, for the walk lets go of mmu_lock. Takes mmu_lock(w).
   */
  @KernelFunction(value = "kvm_zap_gfn_range", file = "arch/x86/kvm/mmu/mmu.c", version = "v6.8-v6.12",
      elided = "rmaps")
  public void kvmZapGfnRange(long gfnStart, long gfnEnd) {
    if (m.warnOn(gfnEnd <= gfnStart, "kvm_zap_gfn_range of nothing")) {
      return;
    }
    kvm.mmuLock.writeLock();
    kvm.mmuInvalidation.begin();
    invalidateRangeAdd(gfnStart, gfnEnd);
    m.trace(Tracepoint.ZAP_GFN_RANGE, gfnStart, gfnEnd);
    boolean flush = false;
    for (KvmMmuPage root = nextToZap(null); root != null; root = nextToZap(root)) {
      flush = tdpMmuZapLeafs(root, gfnStart, gfnEnd, true, flush);
    }
    if (flush) {
      mmu.flushRemoteTlbs();
    }
    kvm.mmuInvalidation.end();
    kvm.mmuLock.writeUnlock();
  }

  /** kvm_mmu_invalidate_range_add(): in the units that faults are compared in. */
  protected void invalidateRangeAdd(long gfnStart, long gfnEnd) {
    kvm.mmuInvalidation.rangeAdd(gfnStart, gfnEnd);
  }

  /** Invalid roots are left to those who made them so: the pages stay, no matter how long that takes. */
  protected @Nullable KvmMmuPage nextToZap(@Nullable KvmMmuPage previous) {
    return mmu.roots.next(previous, true);
  }

  /** Empties a root, which the caller has a reference of. Held: mmu_lock, for reading if {@code shared}, let go of. */
  @KernelFunction(value = "tdp_mmu_zap_root", file = "arch/x86/kvm/mmu/tdp_mmu.c", version = "v6.8-v6.12")
  public void zapRoot(KvmMmuPage root, boolean shared) {
    m.rcu().readLock();
    for (int zapLevel : zapLevels()) {
      zapRootAt(root, shared, zapLevel);
    }
    m.rcu().readUnlock();
  }

  /**
   * Levels whose entries are emptied one after the other. Leafs first, so that no table with many is taken down in one
   * go; then tables as large as may be, and what is left (8ca983631f3c).
   */
  protected int[] zapLevels() {
    int top = mmu.geometry.levels();
    return top == 2 ? new int[] {EptGeometry.LEVEL_4K, top} : new int[] {EptGeometry.LEVEL_4K, top - 1, top};
  }

  @KernelFunction(value = "__tdp_mmu_zap_root", file = "arch/x86/kvm/mmu/tdp_mmu.c", version = "v6.8-v6.12")
  private void zapRootAt(KvmMmuPage root, boolean shared, int zapLevel) {
    TdpIter iter = mmu.tdpMmu.iter(root, zapLevel, 0, mmu.geometry.gfns());
    for (; iter.valid; iter.next()) {
      boolean done = false;
      // Again if somebody else changed the entry meanwhile.
      while (!done && !mmu.tdpMmu.iterCondResched(iter, false, shared)) {
        done = !Spte.shadowPresent(iter.oldSpte) || iter.level > zapLevel || zap(iter, shared);
      }
    }
  }

  private boolean zap(TdpIter iter, boolean shared) {
    if (shared) {
      return mmu.tdpMmu.setSpteAtomic(iter, Spte.NONPRESENT);
    }
    mmu.tdpMmu.iterSetSpte(iter, Spte.NONPRESENT);
    return true;
  }

  /** Empties all roots: the address space goes, and no vCPU can run any more. Takes mmu_lock(w). */
  @KernelFunction(value = "kvm_mmu_zap_all", file = "arch/x86/kvm/mmu/mmu.c", version = "v6.8-v6.12",
      elided = "pages outside the TDP MMU")
  public void zapAll() {
    kvm.mmuLock.writeLock();
    // No flush: nobody will use a TLB of this VM.
    for (KvmMmuPage root = mmu.roots.next(null, false); root != null; root = mmu.roots.next(root, false)) {
      zapRoot(root, false);
    }
    kvm.mmuLock.writeUnlock();
  }

  /** Empties the leafs of a slot that goes, in all roots. Takes mmu_lock(w). Held: slots_lock. */
  @KernelFunction(value = "kvm_mmu_zap_memslot", file = "arch/x86/kvm/mmu/mmu.c", version = "v6.12",
      elided = "shadow pages")
  public void zapMemslotLeafs(KvmMemorySlot slot) {
    kvm.mmuLock.writeLock();
    if (mmu.unmapGfnRange(slot.baseGfn(), slot.gfnEnd(), true)) {
      flushMemslot(slot);
    }
    kvm.mmuLock.writeUnlock();
  }

  /** No vCPU loads another root, and flushes, because of a slot whose leafs alone were zapped. */
  protected void flushMemslot(KvmMemorySlot slot) {
    mmu.flushRemoteTlbsMemslot(slot);
  }
}
