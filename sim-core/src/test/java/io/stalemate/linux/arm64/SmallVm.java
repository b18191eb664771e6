package io.stalemate.linux.arm64;

import io.stalemate.cpu.GuestCpu;
import io.stalemate.cpu.GuestInstruction;
import io.stalemate.cpu.GuestRegisters;
import io.stalemate.cpu.StageTwoGeometry;
import io.stalemate.linux.kvm.Era;
import io.stalemate.linux.kvm.KernelText;
import io.stalemate.linux.kvm.Kvm;
import io.stalemate.linux.kvm.KvmVcpu;
import io.stalemate.linux.mm.MemMap;
import io.stalemate.linux.mm.MmStruct;
import io.stalemate.linux.mm.Mmap;
import io.stalemate.linux.mm.MmuNotifierSubscriptions;
import io.stalemate.linux.mm.VmaKind;
import io.stalemate.machine.Machine;
import java.util.ArrayList;
import java.util.List;

/** A VM of eight gfns whose memslot 0 maps them to hva 0 to 7, with vCPUs on CPUs of their own. */
final class SmallVm {

  static final int PAGES = 8;
  static final StageTwoGeometry GEOMETRY = new StageTwoGeometry(3, 1);

  final Machine m;
  final MmStruct mm;
  final Kvm kvm;
  final Arm64Mmu arch;
  final List<VcpuRun> vcpus = new ArrayList<>();

  /** The correct text of {@code era}, anonymous memory, {@code cpus} vCPUs. */
  static SmallVm of(Machine m, Era era, int cpus) {
    return of(m, era, cpus, VmCaps.none());
  }

  /** As {@link #of}, on huge pages of two pages. */
  static SmallVm hugetlb(Machine m, Era era, int cpus) {
    SmallVm vm = new SmallVm(m, Arm64Text.of(era, GEOMETRY), era, cpus, PAGES / 2);
    new Mmap(vm.mm).mmap(0, PAGES, VmaKind.HUGETLB, 1, true);
    vm.slot(0);
    return vm;
  }

  /** As {@link #of}, for a VM made with {@code caps}. */
  static SmallVm of(Machine m, Era era, int cpus, VmCaps caps) {
    SmallVm vm = new SmallVm(m, Arm64Text.of(era, GEOMETRY), era, cpus, 0, caps);
    new Mmap(vm.mm).mmap(0, PAGES, VmaKind.ANON, 0, true);
    vm.slot(0);
    return vm;
  }

  SmallVm(Machine m, Arm64Text text, Era era, int cpus, int hugePages) {
    this(m, text, era, cpus, hugePages, VmCaps.none());
  }

  SmallVm(Machine m, Arm64Text text, Era era, int cpus, int hugePages, VmCaps caps) {
    this.m = m;
    this.mm = new MmStruct(new MemMap(m, 1, hugePages), new MmuNotifierSubscriptions(m), PAGES);
    this.kvm = new Kvm(m, KernelText.of(era, text::archMmu), mm, PAGES);
    this.arch = (Arm64Mmu) kvm.archMmu;
    HandleGuestAbort handleGuestAbort = text.handleGuestAbort().link(arch, caps);
    for (int cpu = 0; cpu < cpus; cpu++) {
      KvmVcpu vcpu = arch.createVcpu(cpu, cpu);
      vcpus.add(new VcpuRun(arch, vcpu, new GuestCpu(m, cpu, text.geometry()), handleGuestAbort));
    }
  }

  /** Sets memslot 0 with {@code flags}. */
  int slot(int flags) {
    return kvm.memoryRegions.setMemoryRegion(0, 0, PAGES, 0, flags);
  }

  /** Runs instructions on vCPU {@code vcpu}; yields what its VMM thread ends with. */
  int run(int vcpu, GuestInstruction... program) {
    return vcpus.get(vcpu).vmmThread(new GuestRegisters(List.of(program)));
  }

  /** The leaf that maps {@code gfn}. */
  KvmPgtable.Leaf leaf(long gfn) {
    return arch.mmu().pgtable().getLeaf(gfn << StageTwoGeometry.PAGE_SHIFT);
  }
}
