package io.stalemate.linux.arm64;

import static io.stalemate.linux.Errno.EFAULT;
import static io.stalemate.linux.Errno.EINVAL;

import io.stalemate.cpu.StageTwoGeometry;
import io.stalemate.linux.kvm.ArchMemorySlot;
import io.stalemate.linux.kvm.ArchMmu;
import io.stalemate.linux.kvm.Era;
import io.stalemate.linux.kvm.Kvm;
import io.stalemate.linux.kvm.KvmMemorySlot;
import io.stalemate.linux.kvm.KvmVcpu;
import io.stalemate.linux.kvm.MemslotChange;
import io.stalemate.linux.kvm.MmuMemoryCache;
import io.stalemate.linux.mm.Vma;
import io.stalemate.linux.mm.VmaKind;
import io.stalemate.machine.KernelFunction;
import io.stalemate.machine.Machine;
import org.jspecify.annotations.Nullable;

/** {@code arch/arm64/kvm/mmu.c} but for faults: what notifiers, memslot updates and dirty logging do to stage 2. */
public class Arm64Mmu implements ArchMmu {

  /** {@code KVM_ARCH_NR_OBJS_PER_MEMORY_CACHE}, at least: pages a vCPU keeps for tables. */
  private static final int MEMORY_CACHE_PAGES = 4;

  protected final Kvm kvm;
  protected final Machine m;
  protected final KvmS2Mmu mmu;
  protected final StageTwoGeometry geometry;
  private final UserMemAbort userMemAbort;
  private final MmioGuard mmioGuard;
  private final EagerSplit eagerSplit;

  /** The MMU of {@code kvm}. */
  public Arm64Mmu(Kvm kvm, KvmS2Mmu mmu, UserMemAbort userMemAbort) {
    this.kvm = kvm;
    this.m = kvm.m;
    this.mmu = mmu;
    this.geometry = mmu.geometry();
    this.userMemAbort = userMemAbort;
    this.mmioGuard = mmu.mmioGuard(kvm);
    this.eagerSplit = new EagerSplit(kvm, mmu);
  }

  /** What {@link #stage2ApplyRange} applies to a chunk of the table. */
  @FunctionalInterface
  protected interface Stage2Op {

    /** Handles {@code size} bytes at {@code addr}; yields 0 or a negative errno. */
    int apply(KvmPgtable pgt, long addr, long size);
  }

  /** The VM's stage-2 translation. */
  public KvmS2Mmu mmu() {
    return mmu;
  }

  /** The VM's MMIO guard. */
  public MmioGuard mmioGuard() {
    return mmioGuard;
  }

  /** The VM's eager page splitting. */
  public EagerSplit eagerSplit() {
    return eagerSplit;
  }

  /** The VM's fault path. */
  public UserMemAbort userMemAbort() {
    return userMemAbort;
  }

  /** Makes a vCPU that runs on {@code cpu}, with its cache of table pages, and adds it to the VM. Set-up only. */
  public KvmVcpu createVcpu(int id, int cpu) {
    int capacity = Math.max(MEMORY_CACHE_PAGES, geometry.levels() - 1);
    KvmVcpu vcpu = new KvmVcpu(kvm, id, cpu, new MmuMemoryCache(m, id, geometry.entries(), capacity));
    kvm.addVcpu(vcpu);
    return vcpu;
  }

  @Override
  @KernelFunction(
      value = "kvm_unmap_gfn_range",
      file = "arch/arm64/kvm/mmu.c",
      version = "v5.15-v6.12",
      elided = "nested stage-2 tables")
  public boolean unmapGfnRange(long gfnStart, long gfnEnd, boolean mayBlock) {
    if (mmu.pgtIsSet()) {
      unmapStage2Range(gfnStart, gfnEnd, mayBlock);
    }
    // The walker invalidates as it goes: nothing is left to flush.
    return false;
  }

  @Override
  @KernelFunction(
      value = "kvm_set_spte_gfn",
      file = "arch/arm64/kvm/mmu.c",
      version = "v5.15-v6.9",
      elided = "cache maintenance of the new page")
  public boolean setSpteGfn(long gfn, long pfn) {
    if (mmu.pgtIsSet()) {
      // No memory cache: the invalidation around this call has removed any block, so no table is ever needed where a
      // leaf was; and where none was, none need be made.
      long ipa = gfn << StageTwoGeometry.PAGE_SHIFT;
      long phys = pfn << StageTwoGeometry.PAGE_SHIFT;
      mmu.pgtable().stage2Map(ipa, StageTwoGeometry.PAGE_SIZE, phys, PgtableProt.R, null, 0);
    }
    return false;
  }

  @Override
  @KernelFunction(value = "kvm_age_gfn", file = "arch/arm64/kvm/mmu.c", version = "v5.15-v6.12")
  public boolean ageGfn(long gfnStart, long gfnEnd) {
    return testClearYoung(gfnStart, gfnEnd, true);
  }

  @Override
  @KernelFunction(value = "kvm_test_age_gfn", file = "arch/arm64/kvm/mmu.c", version = "v5.15-v6.12")
  public boolean testAgeGfn(long gfnStart, long gfnEnd) {
    return testClearYoung(gfnStart, gfnEnd, false);
  }

  private boolean testClearYoung(long gfnStart, long gfnEnd, boolean mkold) {
    if (!mmu.pgtIsSet()) {
      return false;
    }
    long size = (gfnEnd - gfnStart) << StageTwoGeometry.PAGE_SHIFT;
    return mmu.pgtable().stage2Age(gfnStart << StageTwoGeometry.PAGE_SHIFT, size, mkold);
  }

  @Override
  @KernelFunction(
      value = "kvm_arch_flush_shadow_memslot",
      file = "arch/arm64/kvm/mmu.c",
      version = "v5.15-v6.12",
      elided = "nested stage-2 tables")
  public void flushShadowMemslot(KvmMemorySlot slot) {
    kvm.mmuLock.writeLock();
    unmapStage2Range(slot.baseGfn(), slot.gfnEnd(), true);
    kvm.mmuLock.writeUnlock();
  }

  @Override
  @KernelFunction(
      value = "kvm_arch_flush_shadow_all",
      file = "arch/arm64/kvm/mmu.c",
      version = "v5.15-v6.12",
      elided = "nested stage-2 tables, protected VMs")
  public void flushShadowAll() {
    kvmFreeStage2Pgd();
  }

  /** Frees the VM's table. No vCPU can run any more, so nothing that CPUs cached of it is used. */
  @KernelFunction(
      value = "kvm_free_stage2_pgd",
      file = "arch/arm64/kvm/mmu.c",
      version = "v5.15-v6.12",
      elided = "pgd_phys, last_vcpu_ran; the VMID's TLB entries, which go before the VMID is used again")
  protected void kvmFreeStage2Pgd() {
    kvm.mmuLock.writeLock();
    boolean set = mmu.pgtIsSet();
    if (set) {
      clearPgt();
    }
    kvm.mmuLock.writeUnlock();
    // Without the lock: it may take long, and whoever takes the lock from now on finds no table.
    if (set) {
      mmu.pgtable().stage2Destroy();
    }
  }

  /** {@code mmu->pgt = NULL}. Held: mmu_lock(w). */
  protected void clearPgt() {
    mmu.clearPgt();
  }

  @Override
  @KernelFunction(
      value = "kvm_arch_prepare_memory_region",
      file = "arch/arm64/kvm/mmu.c",
      version = "v5.15-v6.12")
  public int prepareMemoryRegion(MemslotChange change) {
    if (change instanceof MemslotChange.Delete) {
      return 0;
    }
    KvmMemorySlot slot = change.slot();
    if (slot.gfnEnd() > 1L << (geometry.ipaBits() - StageTwoGeometry.PAGE_SHIFT)) {
      return -EFAULT;
    }
    int ret = 0;
    kvm.mm.mmapLock.downRead();
    long end = slot.userspaceAddr() + slot.npages();
    for (long hva = slot.userspaceAddr(); hva < end; hva++) {
      Vma vma = kvm.mm.vmaLookup(hva);
      if (vma.exists() && KvmMte.kvmHasMte(kvm) && !KvmMte.kvmVmaMteAllowed(kvm, vma)) {
        ret = -EINVAL;
        break;
      }
      if (vma.kind() == VmaKind.PFNMAP && slot.isLogging()) {
        // Writes to a driver's frames cannot be logged.
        ret = -EINVAL;
        break;
      }
    }
    kvm.mm.mmapLock.upRead();
    return ret;
  }

  @Override
  @KernelFunction(
      value = "kvm_arch_commit_memory_region",
      file = "arch/arm64/kvm/mmu.c",
      version = "v5.15-v6.12")
  public void commitMemoryRegion(MemslotChange change) {
    if (change instanceof MemslotChange.Delete || !change.slot().isLogging()) {
      eagerSplit.freeCache();
      return;
    }
    // Initially all set: everything is dirty already, so that write-protection and splitting can wait for CLEAR.
    if (!kvm.dirtyLog.manualProtectAndInitSet()) {
      kvmMmuWpMemoryRegion(change.slot());
      eagerSplit.kvmMmuSplitMemoryRegion(change.slot());
    }
  }

  /** Write-protects a slot whose logging was turned on. Held: slots_lock. */
  @KernelFunction(
      value = "kvm_mmu_wp_memory_region",
      file = "arch/arm64/kvm/mmu.c",
      version = "v5.15-v6.12")
  protected void kvmMmuWpMemoryRegion(KvmMemorySlot slot) {
    kvm.mmuLock.writeLock();
    stage2ApplyRange(slot.baseGfn(), slot.gfnEnd(), KvmPgtable::stage2Wrprotect, true);
    kvm.mmuLock.writeUnlock();
    // Outside mmu_lock, but before the ioctl returns: a write that still slips through is before it.
    flushRemoteTlbsMemslot(slot);
  }

  @Override
  @KernelFunction(
      value = "kvm_arch_mmu_enable_log_dirty_pt_masked",
      file = "arch/arm64/kvm/mmu.c",
      version = "v5.15-v6.12")
  public void enableLogDirtyPtMasked(KvmMemorySlot slot, long pageOffset, long mask) {
    kvm.mmuLock.assertHeldWrite();
    // All from the first to the last page of the mask: pages in between that are clean are write-protected already, or
    // become so too early, which costs them a fault.
    long start = slot.baseGfn() + pageOffset + Long.numberOfTrailingZeros(mask);
    long end = slot.baseGfn() + pageOffset + Long.SIZE - Long.numberOfLeadingZeros(mask);
    stage2ApplyRange(start, end, KvmPgtable::stage2Wrprotect, true);
    // Without it all blocks were split when logging was turned on.
    if (kvm.dirtyLog.manualProtectAndInitSet()) {
      eagerSplit.kvmMmuSplitHugePages(start, end);
    }
  }

  @Override
  @KernelFunction(
      value = "kvm_arch_flush_remote_tlbs_range",
      file = "arch/arm64/kvm/mmu.c",
      version = "v6.6-v6.12",
      elided = "till v6.5 it was kvm_flush_remote_tlbs()")
  public void flushRemoteTlbsMemslot(KvmMemorySlot slot) {
    if (kvm.era == Era.V6_12) {
      long size = slot.npages() << StageTwoGeometry.PAGE_SHIFT;
      mmu.tlb().kvmTlbFlushVmidRange(mmu.vmid(), slot.baseGfn() << StageTwoGeometry.PAGE_SHIFT, size);
    } else {
      flushRemoteTlbs();
    }
  }

  @Override
  @KernelFunction(
      value = "kvm_arch_flush_remote_tlbs",
      file = "arch/arm64/kvm/mmu.c",
      version = "v6.6-v6.12",
      elided = "pKVM; till v6.5 it was kvm_flush_remote_tlbs()")
  public void flushRemoteTlbs() {
    mmu.tlb().kvmTlbFlushVmid(mmu.vmid());
  }

  /** model: as x86 does; arm64 has no private memory in these versions. */
  @Override
  public boolean preSetMemAttributes(KvmMemorySlot slot, long gfnStart, long gfnEnd) {
    return unmapGfnRange(gfnStart, gfnEnd, true);
  }

  /** model: nothing here is derived from attributes. */
  @Override
  public boolean postSetMemAttributes(KvmMemorySlot slot, long gfnStart, long gfnEnd, long attributes) {
    return false;
  }

  /** model: attributes can be set, though arm64 has no private memory in v6.12. */
  @Override
  public boolean hasPrivateMem() {
    return true;
  }

  /** Nothing: arm64 keeps no metadata of slots. */
  @Override
  public @Nullable ArchMemorySlot allocMemslotMetadata(KvmMemorySlot slot) {
    return null;
  }

  /** Nothing: arm64 caches nothing by generation. */
  @Override
  public void memslotsUpdated(long generation) {}

  /** Unmaps a range and drops its translations. Held: mmu_lock(w), let go of in between if {@code mayBlock}. */
  @KernelFunction(value = "__unmap_stage2_range", file = "arch/arm64/kvm/mmu.c", version = "v5.15-v6.12")
  protected void unmapStage2Range(long gfnStart, long gfnEnd, boolean mayBlock) {
    kvm.mmuLock.assertHeldWrite();
    int ret = stage2ApplyRange(gfnStart, gfnEnd, KvmPgtable::stage2Unmap, mayBlock);
    // model: the kernel warns as well if the table went while the lock was free. Harmless: nothing is left to unmap.
    m.warnOn(ret != 0 && mmu.pgtIsSet(), "__unmap_stage2_range failed");
  }

  /**
   * Applies {@code fn} chunk by chunk. Held: mmu_lock(w), let go of between chunks if {@code resched} and somebody
   * waits for it: so the whole is not atomic against faults.
   */
  @KernelFunction(value = "stage2_apply_range", file = "arch/arm64/kvm/mmu.c", version = "v5.15-v6.12",
      elided = "v5.15: letting go of mmu_lock between chunks, the modelled spinlock never says that others wait")
  protected int stage2ApplyRange(long gfnStart, long gfnEnd, Stage2Op fn, boolean resched) {
    long end = gfnEnd << StageTwoGeometry.PAGE_SHIFT;
    long addr = gfnStart << StageTwoGeometry.PAGE_SHIFT;
    while (addr < end) {
      if (!rereadPgt(addr == gfnStart << StageTwoGeometry.PAGE_SHIFT)) {
        return -EINVAL;
      }
      long next = stage2RangeAddrEnd(addr, end);
      int ret = fn.apply(mmu.pgtable(), addr, next - addr);
      if (ret != 0) {
        return ret;
      }
      if (resched && next != end) {
        condReschedMmuLock();
      }
      addr = next;
    }
    return 0;
  }

  /** Whether there is a table, anew for each chunk: it may have gone while the lock was free. */
  protected boolean rereadPgt(boolean first) {
    return mmu.pgtIsSet();
  }

  /** {@code stage2_range_addr_end()}: a chunk is an entry of the root table, from v6.3 at most the largest block. */
  @KernelFunction(
      value = "stage2_range_addr_end",
      file = "arch/arm64/kvm/mmu.c",
      version = "v6.3-v6.12",
      elided = "before it chunks were entries of the root table, as here: stage2_pgd_addr_end()")
  protected long stage2RangeAddrEnd(long addr, long end) {
    int level = geometry.firstLevel();
    if (kvm.era == Era.V6_12) {
      level = Math.max(level, 1);
    }
    return Math.min(geometry.entryEnd(addr, level), end);
  }

  /** {@code cond_resched_rwlock_write()}. */
  @KernelFunction(
      value = "cond_resched_rwlock_write",
      file = "include/linux/sched.h",
      version = "v6.2-v6.12",
      elided = "need_resched(); v5.15 has cond_resched_lock()")
  protected void condReschedMmuLock() {
    if (kvm.mmuLock.needbreak()) {
      kvm.mmuLock.writeUnlock();
      m.mightSleep();
      kvm.mmuLock.writeLock();
    }
  }
}
