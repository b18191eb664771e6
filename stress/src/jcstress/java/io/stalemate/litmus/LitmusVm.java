package io.stalemate.litmus;

import io.stalemate.cpu.StageTwoGeometry;
import io.stalemate.cpu.StageTwoPte;
import io.stalemate.linux.arm64.Arm64Mmu;
import io.stalemate.linux.arm64.Arm64Text;
import io.stalemate.linux.arm64.KvmPgtable;
import io.stalemate.linux.arm64.PgtableProt;
import io.stalemate.linux.arm64.PgtableWalker;
import io.stalemate.linux.kvm.Era;
import io.stalemate.linux.kvm.KernelText;
import io.stalemate.linux.kvm.Kvm;
import io.stalemate.linux.kvm.KvmVcpu;
import io.stalemate.linux.mm.MemMap;
import io.stalemate.linux.mm.MmStruct;
import io.stalemate.linux.mm.MmuNotifierSubscriptions;
import io.stalemate.machine.Machine;

/**
 * A VM of four gfns without memslots on arm64 v6.12, with a stage-2 table of two levels: the least that the kernel text
 * under test needs, since a state of its own is made for every sample.
 */
final class LitmusVm {

  /** Two levels of one bit: a table holds two pages. */
  static final StageTwoGeometry GEOMETRY = new StageTwoGeometry(2, 1);

  /** What a gfn shows in {@link #entry} if its entry is empty. */
  static final int EMPTY = 0;
  /** Mapped to the frame asked for. */
  static final int MAPPED = 1;
  /** Bears a note. */
  static final int NOTED = 2;
  /** Anything else. */
  static final int OTHER = 3;

  /** Frames that tests map: far above those that the machine hands out, as nothing accesses them. */
  static final long PFN = 0x8000;

  private static final int GFNS = 4;
  private static final int TABLE_PAGES = 2;
  private static final Arm64Text TEXT = Arm64Text.of(Era.V6_12, GEOMETRY);

  final Machine m;
  final Kvm kvm;
  final Arm64Mmu arch;
  private final KvmPgtable pgtable;

  /** The correct text on {@code m}. */
  LitmusVm(Machine m) {
    this(m, TEXT);
  }

  /** The same with arm64's part as {@code text} says. */
  LitmusVm(Machine m, Arm64Text text) {
    this.m = m;
    MmStruct mm = new MmStruct(new MemMap(m, 1, 0), new MmuNotifierSubscriptions(m), GFNS);
    this.kvm = new Kvm(m, KernelText.of(Era.V6_12, text::archMmu), mm, GFNS);
    this.arch = (Arm64Mmu) kvm.archMmu;
    this.pgtable = arch.mmu().pgtable();
  }

  /** Adds the vCPU {@code id} on the CPU of that number, with pages for tables. */
  KvmVcpu addVcpu(int id) {
    KvmVcpu vcpu = arch.createVcpu(id, id);
    vcpu.mmuPageCache.topup(TABLE_PAGES);
    return vcpu;
  }

  /** A fault of {@code vcpu} maps {@code gfn} to frame {@code PFN + gfn}; yields 0 or a negative errno. */
  int fault(KvmVcpu vcpu, long gfn) {
    kvm.mmuLock.readLock();
    int ret = pgtable.stage2Map(addr(gfn), StageTwoGeometry.PAGE_SIZE, addr(PFN + gfn), PgtableProt.R | PgtableProt.W,
        vcpu.mmuPageCache, PgtableWalker.SHARED | PgtableWalker.HANDLE_FAULT);
    kvm.mmuLock.readUnlock();
    return ret;
  }

  /** Maps gfns 0 and 1 by one block to other frames than {@link #fault} would. */
  void mapBlock(KvmVcpu vcpu) {
    kvm.mmuLock.writeLock();
    pgtable.stage2Map(0, 2 * StageTwoGeometry.PAGE_SIZE, addr(2 * PFN), PgtableProt.R, vcpu.mmuPageCache, 0);
    kvm.mmuLock.writeUnlock();
  }

  /** Unmaps gfns 0 and 1; yields 0 or a negative errno. */
  int unmap() {
    kvm.mmuLock.writeLock();
    int ret = pgtable.stage2Unmap(0, 2 * StageTwoGeometry.PAGE_SIZE);
    kvm.mmuLock.writeUnlock();
    return ret;
  }

  /** Leaves {@code note} at {@code gfn}, tables from {@code vcpu}'s cache; yields 0 or a negative errno. */
  int annotate(KvmVcpu vcpu, long gfn, long note) {
    kvm.mmuLock.writeLock();
    int ret = pgtable.stage2Annotate(addr(gfn), StageTwoGeometry.PAGE_SIZE, vcpu.mmuPageCache, note);
    kvm.mmuLock.writeUnlock();
    return ret;
  }

  /** What the table says of {@code gfn}, when nobody walks: one of the constants above. */
  int entry(long gfn) {
    KvmPgtable.Leaf leaf = pgtable.getLeaf(addr(gfn));
    if (leaf.pte() == 0) {
      return EMPTY;
    }
    if (!StageTwoPte.valid(leaf.pte())) {
      return StageTwoPte.note(leaf.pte()) != 0 ? NOTED : OTHER;
    }
    return leaf.level() == StageTwoGeometry.LAST_LEVEL && StageTwoPte.pfn(leaf.pte()) == PFN + gfn ? MAPPED : OTHER;
  }

  /** Whether every table holds a reference for each entry that is not empty and one for itself, when nobody walks. */
  boolean countsAreRight() {
    return countIsRight(pgtable.pgd(), GEOMETRY.firstLevel());
  }

  private boolean countIsRight(long table, int level) {
    int expected = 1;
    for (int i = 0; i < GEOMETRY.entries(); i++) {
      long pte = pgtable.mmOps().entry(table, i).readOnce();
      expected += pte != 0 ? 1 : 0;
      if (StageTwoPte.table(pte, level) && !countIsRight(StageTwoPte.pfn(pte), level + 1)) {
        return false;
      }
    }
    return pgtable.mmOps().pageCount(table) == expected;
  }

  private static long addr(long page) {
    return page << StageTwoGeometry.PAGE_SHIFT;
  }
}
