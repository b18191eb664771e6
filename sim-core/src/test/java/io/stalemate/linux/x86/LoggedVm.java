package io.stalemate.linux.x86;

import static org.assertj.core.api.Assertions.assertThat;

import io.stalemate.cpu.GuestInstruction;
import io.stalemate.cpu.GuestRegisters;
import io.stalemate.cpu.x86.EptGeometry;
import io.stalemate.linux.kvm.Era;
import io.stalemate.linux.kvm.KernelText;
import io.stalemate.linux.kvm.Kvm;
import io.stalemate.linux.kvm.KvmMemorySlot;
import io.stalemate.linux.mm.MemMap;
import io.stalemate.linux.mm.MmStruct;
import io.stalemate.linux.mm.Mmap;
import io.stalemate.linux.mm.MmuNotifierSubscriptions;
import io.stalemate.linux.mm.VmaKind;
import io.stalemate.machine.Machine;
import io.stalemate.oracle.Ending;
import io.stalemate.oracle.OracleSet;
import io.stalemate.oracle.Oracles;
import io.stalemate.sim.DirectEngine;
import io.stalemate.sim.Role;
import io.stalemate.sim.World;
import io.stalemate.sim.WorldOptions;
import io.stalemate.strategy.RandomWalk;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;

/** A VM on x86 with eight gfns, huge pages of two behind hva 0 to 7, one vCPU and no memslot. */
final class LoggedVm {

  static final int PAGES = 8;
  static final EptGeometry GEOMETRY = new EptGeometry(3, 1);
  static final X86Vm NO_AD_BITS = new X86Vm(VmType.DEFAULT, false, false, true, true, false, -1, 0);
  static final int LOG = KvmMemorySlot.KVM_MEM_LOG_DIRTY_PAGES;

  final Kvm kvm;
  final X86Mmu mmu;
  private final X86VcpuRun vcpuRun;
  private final X86Vcpu vcpu;

  private LoggedVm(Machine m, X86Text text, VmaKind kind) {
    MmStruct mm = new MmStruct(new MemMap(m, 1, PAGES / 2), new MmuNotifierSubscriptions(m), PAGES);
    new Mmap(mm).mmap(0, PAGES, kind, kind == VmaKind.HUGETLB ? 1 : 0, true);
    this.kvm = new Kvm(m, KernelText.of(text.era(), text::archMmu), mm, PAGES);
    this.mmu = (X86Mmu) kvm.archMmu;
    this.vcpu = mmu.createVcpu(0, 0);
    this.vcpuRun = new X86VcpuRun(mmu, vcpu, mmu.guestCpu(vcpu), true);
  }

  /** Runs {@code test} alone; no oracle may have anything to say. */
  static void on(Era era, Consumer<LoggedVm> test) {
    on(era, X86Vm.DEFAULT, VmaKind.HUGETLB, text -> text, test);
  }

  /** Runs {@code test} alone on memory of {@code kind} and with {@code patch} in the text. */
  static void on(Era era, X86Vm x86Vm, VmaKind kind, UnaryOperator<X86Text> patch, Consumer<LoggedVm> test) {
    World world = DirectEngine.world();
    world.begin(WorldOptions.of(2));
    LoggedVm vm = new LoggedVm(world.machine(), patch.apply(X86Text.of(era, GEOMETRY, x86Vm)), kind);
    world.addTask("vcpu0", Role.VCPU, () -> {
      test.accept(vm);
      vm.vcpuRun.kvmArchVcpuDestroy();
    });
    assertThat(world.run(new RandomWalk(), 1, 100_000)).isEqualTo(Ending.QUIESCENT);
    OracleSet oracles = new OracleSet(Oracles.all(1));
    oracles.begin(world.trace());
    oracles.end(Ending.QUIESCENT);
    assertThat(oracles.findings()).isEmpty();
  }

  /** Sets memslot 0: all gfns, on the hvas of the same numbers. */
  void slot(int flags) {
    assertThat(kvm.memoryRegions.setMemoryRegion(0, 0, PAGES, 0, flags)).isZero();
  }

  /** The memslot around {@code gfn}. */
  KvmMemorySlot slotAt(long gfn) {
    int idx = kvm.srcu.readLock();
    KvmMemorySlot slot = kvm.memslots.gfnToMemslot(gfn).orElseThrow();
    kvm.srcu.readUnlock(idx);
    return slot;
  }

  /** Runs instructions; all goes well. The vCPU stays. */
  void run(GuestInstruction... program) {
    assertThat(vcpuRun.enterUntilEnd(new GuestRegisters(List.of(program)))).isZero();
  }

  /** What the last harvest told: a bit for each page. */
  long dirty() {
    long[] told = new long[1];
    assertThat(kvm.dirtyLog.getDirtyLog(0, told)).isZero();
    return told[0];
  }
}
