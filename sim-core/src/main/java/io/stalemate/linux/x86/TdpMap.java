package io.stalemate.linux.x86;

import io.stalemate.cpu.x86.EptGeometry;
import io.stalemate.linux.kvm.KvmMemorySlot;
import io.stalemate.machine.KernelFunction;

/** Maps the page of a fault. Follows {@code arch/x86/kvm/mmu/tdp_mmu.c}. */
public class TdpMap {

  private static final int ACC_ALL = MmuPermissions.EXEC | MmuPermissions.WRITE | MmuPermissions.USER;

  protected final X86Mmu mmu;

  public TdpMap(X86Mmu mmu) {
    this.mmu = mmu;
  }

  /** Yields a RET_PF code. Held: mmu_lock(r), srcu; the fault was found not to be stale under this hold of the lock. */
  @KernelFunction(value = "kvm_tdp_mmu_map", file = "arch/x86/kvm/mmu/tdp_mmu.c", version = "v6.8-v6.12",
      elided = "the NX huge page workaround")
  public int kvmTdpMmuMap(X86Vcpu vcpu, KvmPageFault fault) {
    mmu.hugePages.kvmMmuHugepageAdjust(vcpu, fault);
    mmu.m.rcu().readLock();
    int ret = walk(vcpu, fault);
    mmu.m.rcu().readUnlock();
    return ret;
  }

  private int walk(X86Vcpu vcpu, KvmPageFault fault) {
    KvmMmuPage root = mmu.toShadowPage(vcpu.root.read());
    TdpIter iter = mmu.tdpMmu.iter(root, EptGeometry.LEVEL_4K, fault.gfn, fault.gfn + 1);
    for (; iter.valid; iter.next()) {
      if (frozen(iter.oldSpte)) {
        return RetPf.RETRY;
      }
      if (iter.level == fault.goalLevel) {
        return mapHandleTargetLevel(vcpu, fault, iter);
      }
      if (!Spte.table(iter.oldSpte, iter.level) && !makeTable(vcpu, iter)) {
        return RetPf.RETRY;
      }
    }
    // On the way down somebody froze an entry, or put a huge page there.
    return RetPf.RETRY;
  }

  /** Somebody is taking the entry away. */
  protected boolean frozen(long spte) {
    return Spte.frozen(spte);
  }

  /** Puts a table where nothing is, or one that maps the same in the place of a huge page; false if others did. */
  private boolean makeTable(X86Vcpu vcpu, TdpIter iter) {
    KvmMmuPage sp = mmu.tdpMmu.allocSp(vcpu);
    mmu.tdpMmu.initChildSp(sp, iter);
    boolean linked = Spte.shadowPresent(iter.oldSpte)
        ? mmu.split.splitHugePage(iter, sp, true)
        : mmu.tdpMmu.linkSp(iter, sp, true);
    if (!linked) {
      mmu.tdpMmu.freeSp(sp);
    }
    return linked;
  }

  /** Installs the leaf. Held: mmu_lock(r), rcu. */
  @KernelFunction(value = "tdp_mmu_map_handle_target_level", file = "arch/x86/kvm/mmu/tdp_mmu.c",
      version = "v6.8-v6.12", elided = "statistics")
  protected int mapHandleTargetLevel(X86Vcpu vcpu, KvmPageFault fault, TdpIter iter) {
    KvmMemorySlot slot = fault.slot;
    MakeSpte.Leaf leaf = slot == null
        ? new MakeSpte.Leaf(mmu.mmio.makeMmioSpte(vcpu, iter.gfn, ACC_ALL), false)
        : mmu.makeSpte.makeSpte(vcpu, slot, fault, iter);
    int ret = RetPf.FIXED;
    if (leaf.spte() == iter.oldSpte) {
      ret = RetPf.SPURIOUS;
    } else if (!mmu.tdpMmu.setSpteAtomic(iter, leaf.spte())) {
      return RetPf.RETRY;
    } else if (Spte.table(iter.oldSpte, iter.level)) {
      flushReplacedTable(iter);
    }
    if (leaf.wrprot() && fault.write) {
      ret = writeProtected();
    }
    return Spte.mmio(leaf.spte()) ? RetPf.EMULATE : ret;
  }

  /** What CPUs cached of the table goes before the table does: its frames are free after the grace period only. */
  protected void flushReplacedTable(TdpIter iter) {
    mmu.tdpMmu.flushRemoteTlbsGfn(iter.gfn, iter.level);
  }

  /** What a write to a page that has to stay write-protected comes to. */
  protected int writeProtected() {
    return RetPf.WRITE_PROTECTED;
  }
}
