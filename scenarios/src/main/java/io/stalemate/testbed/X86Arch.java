package io.stalemate.testbed;

import io.stalemate.cpu.x86.EptGeometry;
import io.stalemate.linux.kvm.ArchMmu;
import io.stalemate.linux.kvm.Era;
import io.stalemate.linux.kvm.Kvm;
import io.stalemate.linux.kvm.KvmMemorySlot;
import io.stalemate.linux.kvm.MemoryRegions;
import io.stalemate.linux.mm.MemMap;
import io.stalemate.linux.mm.Mte;
import io.stalemate.linux.x86.VmType;
import io.stalemate.linux.x86.X86Mmu;
import io.stalemate.linux.x86.X86Text;
import io.stalemate.linux.x86.X86Vm;
import io.stalemate.machine.Machine;
import io.stalemate.race.Race;
import io.stalemate.scenario.GmemPage;
import io.stalemate.scenario.GuestMemfdFile;
import io.stalemate.scenario.Mapping;
import io.stalemate.scenario.Memslot;
import io.stalemate.scenario.Scenario;
import io.stalemate.scenario.Task;
import io.stalemate.scenario.TaskKind;
import io.stalemate.scenario.X86Action;
import io.stalemate.scenario.X86Setup;
import io.stalemate.scenario.input.Refused;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** x86: nested tables, private memory, asynchronous page faults. */
final class X86Arch implements Arch {

  private final Machine m;
  private final Scenario scenario;
  private final List<VcpuProgram> programs;
  private final X86Text text;
  // The VMM's file descriptors of the guest_memfds, by their names.
  private final SortedMap<String, Integer> files = new TreeMap<>();
  private @Nullable Kvm kvm;

  /** @param programs of vCPUs' tasks, by the task's number */
  X86Arch(Machine m, Scenario scenario, Era era, Optional<Race> race, List<VcpuProgram> programs) {
    this.m = m;
    this.scenario = scenario;
    this.programs = programs;
    X86Text correct = X86Text.of(era,
        new EptGeometry(scenario.vm().geometry().levels(), scenario.vm().geometry().bits()),
        vm(scenario.vm().x86()));
    this.text = race.isPresent() ? race.get().patch(correct) : correct;
  }

  private static X86Vm vm(X86Setup setup) {
    VmType type = switch (setup.type()) {
      case DEFAULT -> VmType.DEFAULT;
      case SW_PROTECTED -> VmType.SW_PROTECTED;
      case SNP -> VmType.SNP;
    };
    return new X86Vm(type, setup.adBits(), setup.pml(), setup.mmioCaching(), setup.slotZapAll(), setup.asyncPf(),
        setup.apicAccessPage(), setup.memslotGeneration());
  }

  @Override
  public ArchMmu archMmu(Kvm kvm) {
    return text.archMmu(kvm);
  }

  @Override
  public Optional<Function<MemMap, Mte>> hostTags() {
    return Optional.empty();
  }

  @Override
  public void createVm(Kvm kvm) {
    this.kvm = kvm;
    mmu().split.setEagerPageSplit(scenario.vm().dirtyTracking().eagerSplitPages() != 0);
    for (GuestMemfdFile file : scenario.vm().guestMemfds()) {
      int fd = kvm.guestMemfd.create(file.pages());
      KvmBoot.booted(Math.min(fd, 0), "guest_memfd " + file.name());
      files.put(file.name(), fd);
    }
  }

  @Override
  public int setMemoryRegion(Kvm kvm, Memslot slot) {
    int flags = HostActions.flags(slot.flags());
    if (slot.gmem().isEmpty()) {
      return kvm.memoryRegions.setMemoryRegion(slot.id(), slot.gfn(), slot.pages(), slot.hva(), flags);
    }
    GmemPage gmem = slot.gmem().get();
    return kvm.memoryRegions.setMemoryRegion2(slot.id(), slot.gfn(), slot.pages(), slot.hva(),
        flags | KvmMemorySlot.KVM_MEM_GUEST_MEMFD, fd(gmem.file()), gmem.page());
  }

  private int fd(String file) {
    return files.getOrDefault(file, MemoryRegions.NO_GUEST_MEMFD);
  }

  @Override
  public void finish(Kvm kvm) {
    if (scenario.vm().x86().apicAccessPage() == X86Setup.NO_APIC_PAGE) {
      return;
    }
    for (Mapping mapping : scenario.vm().mappings()) {
      if (mapping.name().equals(X86Setup.APIC_MAPPING)) {
        KvmBoot.booted(mmu().apic.kvmAllocApicAccessPage(mapping.hva()), "APIC access page");
        return;
      }
    }
    throw Refused.usage("apic-access-page without a host mapping '" + X86Setup.APIC_MAPPING
        + "'; its first page is the APIC access page");
  }

  @Override
  public X86GuestVcpu vcpu(int number, int cpu) {
    return new X86GuestVcpu(mmu(), number, cpu, scenario.vm().x86().convertsOnMemoryFault());
  }

  @Override
  public Runnable vcpuThread(Task task, int number) {
    return new X86VcpuThread(m, vcpu(number, task.cpu()), programs.get(number));
  }

  @Override
  public Optional<Runnable> thread(Task task, int number) {
    return task.kind() == TaskKind.ASYNC_PF ? Optional.of(mmu().asyncPf::worker) : Optional.empty();
  }

  @Override
  public int perform(X86Action action) {
    return switch (action) {
      case X86Action.PunchHole it -> kvm().guestMemfd.punchHole(fd(it.at().file()), it.at().page(), it.pages());
      case X86Action.Close it -> kvm().guestMemfd.close(fd(it.file()));
      case X86Action.TrackGfn it -> it.on()
          ? mmu().pageTrack.kvmWriteTrackAddGfn(it.gfn())
          : mmu().pageTrack.kvmWriteTrackRemoveGfn(it.gfn());
      case X86Action.ZapGfnRange it -> {
        mmu().zap.kvmZapGfnRange(it.gfn(), it.gfn() + it.pages());
        yield 0;
      }
      case X86Action.PreFault it -> throw new IllegalStateException(it + " is a vCPU's");
    };
  }

  private X86Mmu mmu() {
    return (X86Mmu) kvm().archMmu;
  }

  private Kvm kvm() {
    if (kvm == null) {
      throw new IllegalStateException("no VM was made");
    }
    return kvm;
  }
}
