package io.stalemate.linux.x86;

import static org.assertj.core.api.Assertions.assertThat;

import io.stalemate.cpu.x86.EptGeometry;
import io.stalemate.linux.kvm.Era;
import io.stalemate.linux.kvm.GfnToPfn;
import io.stalemate.linux.kvm.KernelText;
import io.stalemate.linux.kvm.Kvm;
import io.stalemate.linux.kvm.KvmMemorySlot;
import io.stalemate.linux.mm.MemMap;
import io.stalemate.linux.mm.MmStruct;
import io.stalemate.linux.mm.Mmap;
import io.stalemate.linux.mm.MmuNotifierSubscriptions;
import io.stalemate.linux.mm.VmaKind;
import io.stalemate.machine.Machine;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * A VM whose memslot 0 is as large as its tables, and faults that say themselves which frame and level they want: what
 * is below the fault path, alone.
 */
final class TdpBench {

  static final long PFN = 1L << 20;

  final Machine m;
  final EptGeometry geometry;
  final Kvm kvm;
  final X86Mmu mmu;
  final List<X86Vcpu> vcpus = new ArrayList<>();

  /** Frames that were marked, as {@code pfn * 2}, plus 1 for dirty. */
  final List<Long> marked = new ArrayList<>();

  TdpBench(Machine m, Era era, EptGeometry geometry, X86Vm vm, int vcpus) {
    this(m, era, geometry, vm, vcpus, text -> text);
  }

  TdpBench(Machine m, Era era, EptGeometry geometry, X86Vm vm, int vcpus, UnaryOperator<X86Text> patch) {
    this.m = m;
    this.geometry = geometry;
    int gfns = (int) geometry.gfns();
    MmStruct mm = new MmStruct(new MemMap(m, 1, 0), new MmuNotifierSubscriptions(m), gfns);
    X86Text text = patch.apply(X86Text.of(era, geometry, vm).with(HugePages.class, LevelsAsAsked::new));
    KernelText kernel = KernelText.of(era, text::archMmu).withGfnToPfn(Marks::new);
    this.kvm = new Kvm(m, kernel, mm, gfns);
    this.mmu = (X86Mmu) kvm.archMmu;
    for (int cpu = 0; cpu < vcpus; cpu++) {
      this.vcpus.add(mmu.createVcpu(cpu, cpu));
    }
    new Mmap(mm).mmap(0, gfns, VmaKind.ANON, 0, true);
    assertThat(kvm.memoryRegions.setMemoryRegion(0, 0, gfns, 0, 0)).isZero();
  }

  private static final class LevelsAsAsked extends HugePages {
    LevelsAsAsked(X86Mmu mmu) {
      super(mmu);
    }

    @Override
    public void kvmMmuHugepageAdjust(X86Vcpu vcpu, KvmPageFault fault) {
      fault.goalLevel = fault.maxLevel;
    }
  }

  private final class Marks extends GfnToPfn {
    Marks(Kvm kvm) {
      super(kvm);
    }

    @Override
    public void setPfnDirty(long pfn) {
      marked.add(pfn * 2 + 1);
    }

    @Override
    public void setPfnAccessed(long pfn) {
      marked.add(pfn * 2);
    }
  }

  /** Slot 0 as it is now. */
  KvmMemorySlot slot() {
    int idx = kvm.srcu.readLock();
    KvmMemorySlot slot = kvm.memslots.gfnToMemslot(0).orElseThrow();
    kvm.srcu.readUnlock(idx);
    return slot;
  }

  /** A fault of {@code vcpu}, whose root is loaded, for a leaf of {@code level}; yields the RET_PF code. */
  int map(X86Vcpu vcpu, long gfn, int level, long pfn, long errorCode, boolean prefetch, boolean mapWritable) {
    return map(vcpu, gfn, level, pfn, errorCode, prefetch, mapWritable, slot());
  }

  private int map(X86Vcpu vcpu, long gfn, int level, long pfn, long errorCode, boolean prefetch, boolean mapWritable,
      @Nullable KvmMemorySlot slot) {
    KvmPageFault fault = new KvmPageFault(gfn << EptGeometry.PAGE_SHIFT, errorCode, false, prefetch, level);
    fault.slot = slot;
    fault.pfn = pfn;
    fault.mapWritable = mapWritable;
    int idx = kvm.srcu.readLock();
    assertThat(vcpu.mmuPageCache.topup(geometry.levels())).isZero();
    kvm.mmuLock.readLock();
    int ret = mmu.tdpMap.kvmTdpMmuMap(vcpu, fault);
    kvm.mmuLock.readUnlock();
    kvm.srcu.readUnlock(idx);
    return ret;
  }

  /** A fault of a gfn without a slot. */
  int mapMmio(X86Vcpu vcpu, long gfn) {
    return map(vcpu, gfn, EptGeometry.LEVEL_4K, 0, 0, false, false, null);
  }

  /** Loads the vCPU's root if it has none. */
  void reload(X86Vcpu vcpu) {
    int idx = kvm.srcu.readLock();
    mmu.roots.kvmMmuFreeObsoleteRoots(vcpu);
    assertThat(mmu.roots.kvmMmuReload(vcpu)).isZero();
    kvm.srcu.readUnlock(idx);
  }

  /** Unmaps a range as a notifier does, which flushes if it was told to; yields that. */
  boolean unmap(long gfnStart, long gfnEnd) {
    kvm.mmuLock.writeLock();
    boolean flush = mmu.unmapGfnRange(gfnStart, gfnEnd, true);
    kvm.mmuLock.writeUnlock();
    return flush;
  }

  /** Replaces all roots, as the deletion of a memslot does. */
  void zapAllFast() {
    kvm.slotsLock.lock();
    mmu.roots.kvmMmuZapAllFast();
    kvm.slotsLock.unlock();
  }

  /** The entry that hardware ends at for {@code gfn} and its level, as {@code {spte, level}}. */
  long[] walk(long root, long gfn) {
    long table = root;
    for (int level = geometry.levels(); ; level--) {
      long spte = m.pages().words(table).at(geometry.index(gfn, level)).readOnce();
      boolean toTable = (spte & 1L << 11) != 0 && level > 1 && (spte & 1L << 7) == 0;
      if (!toTable) {
        return new long[] {spte, level};
      }
      table = (spte & 0xf_ffff_ffff_f000L) >>> 12;
    }
  }

  /** Tables in reach of a root, itself included. */
  int tables(long table, int level) {
    int count = 1;
    for (int i = 0; i < geometry.entries() && level > 1; i++) {
      long spte = m.pages().words(table).at(i).readOnce();
      if ((spte & 1L << 11) != 0 && (spte & 1L << 7) == 0) {
        count += tables((spte & 0xf_ffff_ffff_f000L) >>> 12, level - 1);
      }
    }
    return count;
  }

  /** All vCPUs let go of their roots, and the VM of its own: after that no table is left but in caches. */
  void destroy() {
    vcpus.forEach(mmu.roots::kvmMmuUnload);
    zapAllFast();
    vcpus.forEach(vcpu -> vcpu.mmuPageCache.free());
  }
}
