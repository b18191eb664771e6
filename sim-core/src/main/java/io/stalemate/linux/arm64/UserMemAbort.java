package io.stalemate.linux.arm64;

import static io.stalemate.linux.Errno.EAGAIN;
import static io.stalemate.linux.Errno.EFAULT;

import io.stalemate.cpu.StageTwoGeometry;
import io.stalemate.cpu.StageTwoPte;
import io.stalemate.cpu.Syndrome;
import io.stalemate.linux.kvm.Kvm;
import io.stalemate.linux.kvm.KvmMemorySlot;
import io.stalemate.linux.kvm.KvmPfn;
import io.stalemate.linux.kvm.KvmVcpu;
import io.stalemate.linux.mm.Vma;
import io.stalemate.machine.KernelFunction;
import io.stalemate.machine.Machine;
import io.stalemate.machine.Tracepoint;
import java.util.Optional;

/**
 * The fault path of {@code arch/arm64/kvm/mmu.c}. Each era's subclass has the order of steps in its
 * {@link #userMemAbort}; the steps that eras share are here, small, so that a known race can replace one.
 *
 * <p>Held throughout: the vCPU's {@code kvm->srcu} section. The common shape: sample {@code mmu_invalidate_seq}; learn
 * what can go stale (VMA, page); take {@code mmu_lock}; check that no invalidation came between; install.
 */
public abstract class UserMemAbort {

  protected final Kvm kvm;
  protected final Machine m;
  protected final KvmS2Mmu mmu;
  protected final StageTwoGeometry geometry;

  /** The fault path of the VM {@code kvm}, which installs in {@code mmu}. */
  protected UserMemAbort(Kvm kvm, KvmS2Mmu mmu) {
    this.kvm = kvm;
    this.m = kvm.m;
    this.mmu = mmu;
    this.geometry = mmu.geometry();
  }

  /**
   * Handles a translation or permission fault on a gfn that has a memslot. May sleep.
   *
   * @return 0 for the guest to try its access again; {@code -ENOEXEC} to inject an abort; other errnos for user space
   */
  public abstract int userMemAbort(StageTwoFault fault);

  /** Handles an access-flag fault at byte address {@code faultIpa}. */
  public abstract void handleAccessFault(KvmVcpu vcpu, long faultIpa);

  /** {@code -EFAULT} for a fault that no memslot explains, else 0: stage 2 never denies a read. */
  protected int refuseUnexpected(StageTwoFault fault) {
    return fault.permissionFault() && !fault.writeFault() && !fault.execFault() ? -EFAULT : 0;
  }

  /** Tops up the vCPU's table pages. May sleep. Yields 0 or {@code -ENOMEM}. */
  protected int topupMemcache(StageTwoFault fault) {
    // model: for every fault. The kernel leaves it out for permission faults, except for writes under logging; but a
    // fetch that faults on a block under logging splits the block too, with whatever the cache still holds.
    return fault.vcpu().mmuPageCache.topup(geometry.levels() - 1);
  }

  /** Reads what the VMA says, and with it, still under {@code mmap_lock}, the sequence (13ec9308a857). */
  protected VmaFacts vmaFacts(StageTwoFault fault) {
    kvm.mm.mmapLock.downRead();
    Vma vma = kvm.mm.vmaLookup(fault.hva());
    if (!vma.exists()) {
      kvm.mm.mmapLock.upRead();
      return VmaFacts.none();
    }
    int shift = mappingShift(fault, vma);
    boolean forcePte = fault.loggingActive() || vma.shift() > shift;
    long mmuSeq = sampleSeq(fault);
    // The unlock orders the sample before the page lookup: pairs with smp_wmb() in kvm_mmu_invalidate_end().
    kvm.mm.mmapLock.upRead();
    return new VmaFacts(true, shift, forcePte, KvmMte.kvmVmaMteAllowed(kvm, vma), mmuSeq);
  }

  /** Samples {@code mmu_invalidate_seq}. */
  protected long sampleSeq(StageTwoFault fault) {
    long mmuSeq = kvm.mmuInvalidation.sample();
    m.trace(Tracepoint.FAULT_SEQ, fault.gfn(), mmuSeq);
    return mmuSeq;
  }

  /** {@code get_vma_page_shift()} cut down to what slot and format can do: pages of the mapping, a power of two. */
  @KernelFunction(
      value = "get_vma_page_shift",
      file = "arch/arm64/kvm/mmu.c",
      version = "v5.15-v6.12",
      elided = "blocks in VM_PFNMAP mappings")
  protected int mappingShift(StageTwoFault fault, Vma vma) {
    if (fault.loggingActive()) {
      // Blocks would make one write mark a whole block dirty.
      return 0;
    }
    // elided: blocks in VM_PFNMAP mappings
    for (int level = 1; level < StageTwoGeometry.LAST_LEVEL; level++) {
      if (level >= geometry.firstLevel()) {
        int shift = geometry.shift(level) - StageTwoGeometry.PAGE_SHIFT;
        if (shift <= vma.shift() && faultSupportsStage2HugeMapping(fault.memslot(), fault.hva(), 1L << shift)) {
          return shift;
        }
      }
    }
    return 0;
  }

  /** Whether the block of {@code pages} pages around {@code hva} lies in the slot and is aligned alike in gfns. */
  @KernelFunction(
      value = "fault_supports_stage2_huge_mapping",
      file = "arch/arm64/kvm/mmu.c",
      version = "v5.15-v6.12")
  protected boolean faultSupportsStage2HugeMapping(KvmMemorySlot memslot, long hva, long pages) {
    long offset = pages - 1;
    if ((memslot.baseGfn() & offset) != (memslot.userspaceAddr() & offset)) {
      return false;
    }
    long first = hva & ~offset;
    return first >= memslot.userspaceAddr() && first + pages <= memslot.userspaceAddr() + memslot.npages();
  }

  /** Asks the host for the page, with one reference. May sleep. */
  protected FaultinPage gup(StageTwoFault fault, VmaFacts vma) {
    long gfn = fault.gfn() & -(1L << vma.shift());
    KvmPfn faultin = kvm.gfnToPfn.gfnToPfnMemslot(Optional.of(fault.memslot()), gfn, fault.writeFault());
    boolean writable = faultin.writable();
    // While pages are logged, a leaf becomes writable only for a write, which marks the page dirty.
    // elided: device frames, which are never executable; all frames are RAM
    if (fault.loggingActive() && !fault.writeFault()) {
      writable = false;
    }
    m.trace(Tracepoint.FAULT_PFN, gfn, Math.max(faultin.pfn(), 0), writable ? 1 : 0, 0);
    return new FaultinPage(gfn, vma.shift(), vma.forcePte(), faultin.pfn(), writable, vma.mmuSeq());
  }

  /** {@code mmu_invalidate_retry()}: whether what the fault learned may be stale. Held: {@code mmu_lock}. */
  protected boolean recheck(StageTwoFault fault, FaultinPage page) {
    return kvm.mmuInvalidation.retry(page.mmuSeq(), fault.gfn());
  }

  /**
   * How large the mapping may be, judged by the host's: pages as a power of two, or {@code -EAGAIN} if the host mapping
   * is gone. Held: {@code mmu_lock}, and the retry check passed, so the host cannot split its mapping meanwhile.
   */
  @KernelFunction(
      value = "transparent_hugepage_adjust",
      file = "arch/arm64/kvm/mmu.c",
      version = "v5.15-v6.12",
      elided = "moving the reference to the head page: a huge page has one count for all its frames")
  protected int transparentHugepageAdjust(StageTwoFault fault, FaultinPage page) {
    int blockLevel = StageTwoGeometry.LAST_LEVEL - 1;
    int blockShift = geometry.shift(blockLevel) - StageTwoGeometry.PAGE_SHIFT;
    if (page.shift() != 0 || page.forcePte()) {
      return page.shift();
    }
    if (keepsGranule(fault, page)) {
      return geometry.shift(Syndrome.faultLevel(fault.esr())) - StageTwoGeometry.PAGE_SHIFT;
    }
    if (!faultSupportsStage2HugeMapping(fault.memslot(), fault.hva(), 1L << blockShift)) {
      return page.shift();
    }
    // elided: interrupts off against the freeing of host page-table pages; the host's table is one row of words
    int hostShift = kvm.mm.userMappingShift(fault.hva());
    if (hostShift < 0) {
      return hostShift;
    }
    return hostShift < blockShift ? 0 : blockShift;
  }

  /** In user_mem_abort() itself: what is mapped as a block stays one on a permission fault, the host is not asked. */
  private static boolean keepsGranule(StageTwoFault fault, FaultinPage page) {
    return fault.permissionFault()
        && page.shift() == 0
        && !page.forcePte()
        && Syndrome.faultLevel(fault.esr()) < StageTwoGeometry.LAST_LEVEL;
  }

  /**
   * The mapping of {@code 1 << shift} pages. A new block begins at a multiple of its size. But a permission fault that
   * keeps its granule has only that for size: what the host has there may be one page by now, and nothing but this page
   * was looked up.
   */
  protected FaultinPage mappingOf(StageTwoFault fault, FaultinPage page, int shift) {
    return keepsGranule(fault, page) ? page.withShift(shift) : page.asBlock(shift);
  }

  /**
   * Puts the page where the fault was. Held: {@code mmu_lock}.
   *
   * @return 0, or a negative errno; {@code -EAGAIN} if another vCPU was faster
   */
  protected int install(StageTwoFault fault, FaultinPage page, int flags) {
    int prot = PgtableProt.R
        | (page.writable() ? PgtableProt.W : 0)
        | (fault.execFault() ? PgtableProt.X : 0);
    long ipa = page.gfn() << StageTwoGeometry.PAGE_SHIFT;
    long size = StageTwoGeometry.PAGE_SIZE << page.shift();
    KvmPgtable pgt = mmu.pgtable();
    if (fault.permissionFault() && size == geometry.granule(Syndrome.faultLevel(fault.esr()))) {
      return pgt.stage2RelaxPerms(ipa, prot, flags, fault.vcpu().cpu);
    }
    long phys = page.pfn() << StageTwoGeometry.PAGE_SHIFT;
    return pgt.stage2Map(ipa, size, phys, prot, fault.vcpu().mmuPageCache, flags);
  }

  /**
   * Sees to it that the guest finds tags of its own in what is about to be mapped. Held: {@code mmu_lock}, and the
   * retry check passed.
   *
   * @return 0, or {@code -EFAULT} if the page must not be given to a guest that has tags
   */
  protected int mteTags(StageTwoFault fault, VmaFacts vma, FaultinPage mapping) {
    if (fault.permissionFault() || !KvmMte.kvmHasMte(kvm)) {
      return 0;
    }
    // The memslot's check is not enough: the VMM may have mapped something else there since.
    if (!mteAllowed(fault, vma)) {
      return -EFAULT;
    }
    for (long i = 0; i < 1L << mapping.shift(); i++) {
      KvmMte.sanitiseMteTags(kvm, mapping.pfn() + i);
    }
    return 0;
  }

  /** What was read under {@code mmap_lock} (8c2e8ac8ad4b). */
  protected boolean mteAllowed(StageTwoFault fault, VmaFacts vma) {
    return vma.mteAllowed();
  }

  /** Marks what the guest is going to write. Held: {@code mmu_lock} in these eras, so the leaf is still there. */
  protected void markDirty(StageTwoFault fault, FaultinPage page) {
    kvm.gfnToPfn.setPfnDirty(page.pfn());
    kvm.memslots.markPageDirtyInSlot(fault.vcpu(), fault.memslot(), page.gfn());
  }

  /** Drops the reference: from now on the notifier protocol alone keeps the page. */
  protected void releasePage(FaultinPage page) {
    kvm.gfnToPfn.setPfnAccessed(page.pfn());
    kvm.gfnToPfn.releasePfnClean(page.pfn());
  }

  /** The result of a fault that the host gave no page for. */
  protected int pageError(FaultinPage page) {
    // elided: the SIGBUS of a poisoned page
    return page.pfn() == KvmPfn.ERR_HWPOISON ? 0 : -EFAULT;
  }

  /** Announces the end of the fault; yields what its caller sees: a lost race is no error, the guest tries again. */
  protected int done(StageTwoFault fault, int ret) {
    int result = ret == -EAGAIN ? 0 : ret;
    m.trace(Tracepoint.FAULT_DONE, fault.gfn(), result);
    return result;
  }

  /** Sets the access flag of the leaf at {@code faultIpa}. Held: {@code mmu_lock}. */
  protected void mkyoung(long faultIpa, int flags) {
    if (mmu.pgtIsSet()) {
      long pte = mmu.pgtable().stage2Mkyoung(faultIpa & -StageTwoGeometry.PAGE_SIZE, flags);
      if (StageTwoPte.valid(pte)) {
        markYoung(StageTwoPte.pfn(pte));
      }
    }
  }

  /**
   * Tells the host that the frame behind a leaf is in use. Held: {@code mmu_lock}, which keeps the leaf and with it the
   * frame. The eras' own texts do this after the unlock, when the page may be gone; v6.13 dropped it.
   */
  protected void markYoung(long pfn) {
    kvm.gfnToPfn.setPfnAccessed(pfn);
  }
}
