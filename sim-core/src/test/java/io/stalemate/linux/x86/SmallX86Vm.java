package io.stalemate.linux.x86;

import io.stalemate.cpu.GuestInstruction;
import io.stalemate.cpu.GuestRegisters;
import io.stalemate.cpu.x86.EptGeometry;
import io.stalemate.linux.kvm.KernelText;
import io.stalemate.linux.kvm.Kvm;
import io.stalemate.linux.mm.MemMap;
import io.stalemate.linux.mm.MmStruct;
import io.stalemate.linux.mm.Mmap;
import io.stalemate.linux.mm.MmuNotifierSubscriptions;
import io.stalemate.linux.mm.VmaKind;
import io.stalemate.machine.Machine;
import java.util.ArrayList;
import java.util.List;

/** A VM of eight gfns whose memslot 0 maps them to hva 0 to 7, with vCPUs on CPUs of their own. */
final class SmallX86Vm {

  static final int PAGES = 8;
  static final EptGeometry GEOMETRY = new EptGeometry(3, 1);

  final Machine m;
  final MmStruct mm;
  final Kvm kvm;
  final X86Mmu mmu;
  final List<X86Vcpu> vcpus = new ArrayList<>();
  private final List<X86VcpuRun> runs = new ArrayList<>();

  /** A VM with {@code text} and vCPUs {@code ids}, on anonymous memory. */
  SmallX86Vm(Machine m, X86Text text, int... ids) {
    this.m = m;
    this.mm = new MmStruct(new MemMap(m, 1, 0), new MmuNotifierSubscriptions(m), PAGES);
    this.kvm = new Kvm(m, KernelText.of(text.era(), text::archMmu), mm, PAGES);
    this.mmu = (X86Mmu) kvm.archMmu;
    for (int cpu = 0; cpu < ids.length; cpu++) {
      X86Vcpu vcpu = mmu.createVcpu(ids[cpu], cpu);
      vcpus.add(vcpu);
      runs.add(new X86VcpuRun(mmu, vcpu, mmu.guestCpu(vcpu), true));
    }
    new Mmap(mm).mmap(0, PAGES, VmaKind.ANON, 0, true);
    slot(0);
  }

  /** Sets memslot 0 with {@code flags}. */
  int slot(int flags) {
    return kvm.memoryRegions.setMemoryRegion(0, 0, PAGES, 0, flags);
  }

  /** Runs instructions on the vCPU of CPU {@code vcpu}; yields what its VMM thread ends with. The vCPU stays. */
  int run(int vcpu, GuestInstruction... program) {
    return runs.get(vcpu).enterUntilEnd(new GuestRegisters(List.of(program)));
  }

  /** The run loop of the vCPU of CPU {@code vcpu}. */
  X86VcpuRun vcpuRun(int vcpu) {
    return runs.get(vcpu);
  }

  /** Takes the vCPU of CPU {@code vcpu} down. */
  void destroy(int vcpu) {
    runs.get(vcpu).kvmArchVcpuDestroy();
  }
}
