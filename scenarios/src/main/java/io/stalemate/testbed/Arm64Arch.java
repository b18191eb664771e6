package io.stalemate.testbed;

import io.stalemate.cpu.GuestCpu;
import io.stalemate.cpu.GuestRegisters;
import io.stalemate.cpu.GuestStep;
import io.stalemate.cpu.StageTwoGeometry;
import io.stalemate.linux.arm64.Arm64Mmu;
import io.stalemate.linux.arm64.Arm64Text;
import io.stalemate.linux.arm64.CpuFeatures;
import io.stalemate.linux.arm64.HandleGuestAbort;
import io.stalemate.linux.arm64.MmioGuardLasting;
import io.stalemate.linux.arm64.VcpuRun;
import io.stalemate.linux.arm64.VmCaps;
import io.stalemate.linux.kvm.ArchMmu;
import io.stalemate.linux.kvm.Era;
import io.stalemate.linux.kvm.Kvm;
import io.stalemate.linux.kvm.KvmVcpu;
import io.stalemate.linux.mm.MemMap;
import io.stalemate.linux.mm.Mte;
import io.stalemate.machine.Machine;
import io.stalemate.machine.Tracepoint;
import io.stalemate.race.Race;
import io.stalemate.scenario.CpuFeature;
import io.stalemate.scenario.Emulation;
import io.stalemate.scenario.Memslot;
import io.stalemate.scenario.MmioGuardSetup;
import io.stalemate.scenario.Scenario;
import io.stalemate.scenario.Task;
import io.stalemate.scenario.TaskKind;
import io.stalemate.scenario.X86Action;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** arm64: stage 2, allocation tags, the MMIO guard. */
final class Arm64Arch implements Arch {

  private final Machine m;
  private final Scenario scenario;
  private final List<VcpuProgram> programs;
  private final StageTwoGeometry geometry;
  private final Arm64Text text;
  private @Nullable Kvm kvm;
  private @Nullable HandleGuestAbort handleGuestAbort;

  /** @param programs of vCPUs' tasks, by the task's number */
  Arm64Arch(Machine m, Scenario scenario, Era era, Optional<Race> race, List<VcpuProgram> programs) {
    this.m = m;
    this.scenario = scenario;
    this.programs = programs;
    this.geometry = new StageTwoGeometry(scenario.vm().geometry().levels(), scenario.vm().geometry().bits());
    Arm64Text correct = Arm64Text.of(era, geometry, features());
    if (scenario.vm().mmioGuard().lasting()) {
      correct = correct.withMmioGuard(MmioGuardLasting::new);
    }
    this.text = race.isPresent() ? race.get().patch(correct) : correct;
  }

  private CpuFeatures features() {
    Set<CpuFeature> features = scenario.vm().cpuFeatures();
    return new CpuFeatures(features.contains(CpuFeature.TLBIRANGE), features.contains(CpuFeature.FWB));
  }

  @Override
  public ArchMmu archMmu(Kvm kvm) {
    return text.archMmu(kvm);
  }

  @Override
  public Optional<Function<MemMap, Mte>> hostTags() {
    return scenario.vm().mte() ? Optional.of(text.mte().host()) : Optional.empty();
  }

  @Override
  public void createVm(Kvm kvm) {
    Arm64Mmu arch = (Arm64Mmu) kvm.archMmu;
    this.kvm = kvm;
    if (scenario.vm().mmioGuard().gicv2() != MmioGuardSetup.NO_GICV2) {
      arch.mmioGuard().createVgicV2(scenario.vm().mmioGuard().gicv2() << StageTwoGeometry.PAGE_SHIFT);
    }
    int pages = scenario.vm().dirtyTracking().eagerSplitPages();
    if (pages != 0) {
      KvmBoot.booted(arch.eagerSplit().setChunkSize((long) pages << StageTwoGeometry.PAGE_SHIFT), "eager split");
    }
  }

  @Override
  public int setMemoryRegion(Kvm kvm, Memslot slot) {
    return kvm.memoryRegions.setMemoryRegion(
        slot.id(), slot.gfn(), slot.pages(), slot.hva(), HostActions.flags(slot.flags()));
  }

  @Override
  public void finish(Kvm kvm) {
    Emulation emulation = scenario.vm().emulation();
    handleGuestAbort = text.handleGuestAbort().link(mmu(), new VmCaps(
        emulation.nisvToUser(), emulation.protectedVm(), emulation.claimsSea(), emulation.ipaBits()));
  }

  @Override
  public Arm64GuestVcpu vcpu(int number, int cpu) {
    if (handleGuestAbort == null) {
      throw new IllegalStateException("a vCPU before its VM");
    }
    KvmVcpu vcpu = mmu().createVcpu(number, cpu);
    return new Arm64GuestVcpu(vcpu, new VcpuRun(mmu(), vcpu, new GuestCpu(m, cpu, geometry), handleGuestAbort));
  }

  @Override
  public Runnable vcpuThread(Task task, int number) {
    Arm64GuestVcpu vcpu = vcpu(number, task.cpu());
    List<GuestStep> program = programs.get(number).steps();
    GuestCalls calls = new GuestCalls(task, program);
    return () -> {
      int ret = vcpu.run().vmmThread(new GuestRegisters(program,
          (pc, x0) -> m.trace(Tracepoint.RETURN, calls.action(pc), x0)));
      vcpu.end();
      if (ret != 0 || !calls.endsInCall()) {
        m.trace(Tracepoint.RETURN, task.actions().size() - 1L, ret);
      }
    };
  }

  @Override
  public Optional<Runnable> thread(Task task, int number) {
    return task.kind() == TaskKind.MTE
        ? Optional.of(new MteThread(m, text.mte().copyTags().apply(kvm()), task, number)::run)
        : Optional.empty();
  }

  @Override
  public int perform(X86Action action) {
    throw new IllegalStateException(action + " on arm64");
  }

  private Arm64Mmu mmu() {
    return (Arm64Mmu) kvm().archMmu;
  }

  private Kvm kvm() {
    if (kvm == null) {
      throw new IllegalStateException("no VM was made");
    }
    return kvm;
  }
}
