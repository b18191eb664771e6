package io.stalemate.linux.x86;

import static org.assertj.core.api.Assertions.assertThat;

import io.stalemate.cpu.GuestRegisters;
import io.stalemate.cpu.x86.EptGeometry;
import io.stalemate.linux.kvm.Era;
import io.stalemate.linux.kvm.KernelText;
import io.stalemate.linux.kvm.Kvm;
import io.stalemate.linux.kvm.KvmMemorySlot;
import io.stalemate.linux.kvm.KvmPfn;
import io.stalemate.linux.kvm.KvmRun;
import io.stalemate.linux.mm.MemMap;
import io.stalemate.linux.mm.MmStruct;
import io.stalemate.linux.mm.Mmap;
import io.stalemate.linux.mm.MmuNotifierSubscriptions;
import io.stalemate.linux.mm.VmaKind;
import io.stalemate.machine.Gfp;
import io.stalemate.machine.PageUse;
import io.stalemate.machine.Tracepoint;
import io.stalemate.sequential.SequentialMachine;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Function;

/**
 * A VM with a memslot of each kind, whose vCPU faults. Mapping is left out: what would be mapped is noted. The vCPU's
 * root is an empty table, into which entries can be put.
 */
final class FaultVm {

  static final long RW_GFN = 2;
  static final long RO_GFN = 4;
  static final long INVALID_GFN = 8;
  static final long GMEM_GFN = 12;
  static final long APIC_GFN = 14;
  static final long NONE_GFN = 15;
  private static final int GFNS = 16;
  private static final int PAGES = 16;

  /** The tracepoints passed since {@link #forget}. */
  final List<Tracepoint> points = new ArrayList<>();
  final SequentialMachine m;
  final MmStruct mm;
  final Kvm kvm;
  final X86Mmu mmu;
  final X86Vcpu vcpu;
  private final boolean privateMem;
  private final List<Long> mapped = new ArrayList<>();
  private final List<Boolean> writable = new ArrayList<>();
  private int warnings;

  private FaultVm(Era era, X86Vm vm, Function<X86Text, X86Text> patch, Function<KernelText, KernelText> patchCommon) {
    this.m = new SequentialMachine(1) {
      @Override
      public void trace(Tracepoint point, long a, long b, long c, long d) {
        points.add(point);
      }
    };
    this.mm = new MmStruct(new MemMap(m, 1, 0), new MmuNotifierSubscriptions(m), PAGES);
    X86Text text = patch.apply(X86Text.of(era, new EptGeometry(2, 2), vm)
        .with(FastPageFault.class, it -> new FastPageFault(it) {
          @Override
          public int fastPageFault(X86Vcpu faulting, KvmPageFault fault) {
            return RetPf.INVALID;
          }
        })
        .with(TdpMap.class, it -> new TdpMap(it) {
          @Override
          public int kvmTdpMmuMap(X86Vcpu faulting, KvmPageFault fault) {
            mapped.add(fault.pfn);
            writable.add(fault.mapWritable);
            return fault.slot == null ? RetPf.EMULATE : RetPf.FIXED;
          }
        }));
    this.kvm = new Kvm(m, patchCommon.apply(KernelText.of(era, text::archMmu)), mm, GFNS);
    this.mmu = (X86Mmu) kvm.archMmu;
    this.privateMem = vm.type() != VmType.DEFAULT;
    this.vcpu = mmu.createVcpu(0, 0);
    vcpu.root.write(m.pages().alloc(PageUse.TABLE, 4 + KvmMmuPage.HEADER_WORDS, Gfp.KERNEL));
    new Mmap(mm).mmap(0, PAGES, VmaKind.ANON, 0, true);
    set(0, RW_GFN, 2, 0, 0);
    set(1, RO_GFN, 2, 2, KvmMemorySlot.KVM_MEM_READONLY);
    if (privateMem) {
      assertThat(kvm.guestMemfd.create(2)).isZero();
      int flags = KvmMemorySlot.KVM_MEM_GUEST_MEMFD;
      assertThat(kvm.memoryRegions.setMemoryRegion2(2, GMEM_GFN, 2, 4, flags, 0, 0)).isZero();
    } else {
      set(2, GMEM_GFN, 2, 4, 0);
    }
    add(new KvmMemorySlot(100, 3, INVALID_GFN, 2, 6, KvmMemorySlot.KVM_MEMSLOT_INVALID));
    add(new KvmMemorySlot(101, ApicAccessPage.PRIVATE_MEMSLOT, APIC_GFN, 1, 8, 0));
  }

  /** Gives {@code test} a VM of {@code type}; its memslots have changed a few times. */
  static void run(Era era, VmType type, boolean mmioCaching, Consumer<FaultVm> test) {
    run(era, type, mmioCaching, text -> text, test);
  }

  /** As {@link #run}, with a text that {@code patch} changed. */
  static void run(
      Era era, VmType type, boolean mmioCaching, Function<X86Text, X86Text> patch, Consumer<FaultVm> test) {
    test.accept(new FaultVm(era, vm(type, mmioCaching), patch, common -> common));
  }

  /** A default VM with a common text that {@code patch} changed. */
  static void runCommon(Era era, Function<KernelText, KernelText> patch, Consumer<FaultVm> test) {
    test.accept(new FaultVm(era, vm(VmType.DEFAULT, true), text -> text, patch));
  }

  private static X86Vm vm(VmType type, boolean mmioCaching) {
    return new X86Vm(type, true, false, mmioCaching, true, false, APIC_GFN, 7);
  }

  /** Has the vCPU fault at {@code gfn}, in a section of kvm->srcu; yields what the handler does. */
  int fault(KvmRun run, GuestRegisters regs, long gfn, long errorCode) {
    int idx = kvm.srcu.readLock();
    int ret = mmu.pageFault.kvmMmuPageFault(vcpu, run, regs, gfn << 12, errorCode);
    kvm.srcu.readUnlock(idx);
    return ret;
  }

  private void set(int id, long gfn, long pages, long hva, int flags) {
    assertThat(kvm.memoryRegions.setMemoryRegion(id, gfn, pages, hva, flags)).isZero();
  }

  /** Publishes {@code slot} as it is. */
  private void add(KvmMemorySlot slot) {
    kvm.slotsLock.lock();
    kvm.slotsArchLock.lock();
    List<KvmMemorySlot> slots = new ArrayList<>(kvm.memslots.kvmMemslotsLocked().slots());
    slots.add(slot);
    kvm.memslots.swapActiveMemslots(slots);
    kvm.slotsLock.unlock();
  }

  /** Takes slot {@code id} away, without anything else that goes with it. */
  void drop(int id) {
    kvm.slotsLock.lock();
    kvm.slotsArchLock.lock();
    List<KvmMemorySlot> slots = new ArrayList<>(kvm.memslots.kvmMemslotsLocked().slots());
    slots.removeIf(slot -> slot.id() == id);
    kvm.memslots.swapActiveMemslots(slots);
    kvm.slotsLock.unlock();
  }

  /** The generation of the memslots. */
  long generation() {
    int idx = kvm.srcu.readLock();
    long generation = kvm.memslots.kvmMemslots().generation().read();
    kvm.srcu.readUnlock(idx);
    return generation;
  }

  /** Puts {@code spte} where the vCPU's root has {@code gfn}. */
  void entry(long gfn, long spte) {
    int index = mmu.geometry.index(gfn, 2);
    mmu.toShadowPage(vcpu.root.read()).sptep(index).write(spte);
  }

  void inhibitApicv(boolean inhibit) {
    if (mmu.apic.apicvActivated() == inhibit) {
      mmu.apic.setApicvInhibit(inhibit);
    }
  }

  /** Forgets what was mapped, warned of and cached. */
  void forget() {
    points.clear();
    mapped.clear();
    writable.clear();
    warnings = m.warnings().size();
    vcpu.mmioGfn.write(0);
  }

  /** Whether there was a warning since. */
  boolean warned() {
    return m.warnings().size() > warnings;
  }

  /** The frame that was mapped last, NOSLOT if none was. */
  long mapped() {
    return mapped.isEmpty() ? KvmPfn.NOSLOT : mapped.getLast();
  }

  /** Whose memory was mapped for {@code gfn}, and how. */
  String what(long gfn) {
    boolean isPrivate = privateMem && kvm.memAttributes.isPrivate(gfn);
    return (isPrivate ? "gmem" : "host") + (writable.getLast() ? " w" : " r");
  }
}
