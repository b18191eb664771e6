package io.stalemate.testbed;

import io.stalemate.cpu.GuestCpu;
import io.stalemate.cpu.GuestInstruction;
import io.stalemate.cpu.GuestRegisters;
import io.stalemate.cpu.StageTwoGeometry;
import io.stalemate.linux.arm64.Arm64Mmu;
import io.stalemate.linux.arm64.Arm64Text;
import io.stalemate.linux.arm64.HandleGuestAbort;
import io.stalemate.linux.arm64.VcpuRun;
import io.stalemate.linux.kvm.Era;
import io.stalemate.linux.kvm.KernelText;
import io.stalemate.linux.kvm.Kvm;
import io.stalemate.linux.kvm.KvmVcpu;
import io.stalemate.linux.mm.Gup;
import io.stalemate.linux.mm.MemMap;
import io.stalemate.linux.mm.MmStruct;
import io.stalemate.linux.mm.Mmap;
import io.stalemate.linux.mm.MmuNotifierSubscriptions;
import io.stalemate.machine.Machine;
import io.stalemate.machine.Tracepoint;
import io.stalemate.race.Race;
import io.stalemate.scenario.GuestAction;
import io.stalemate.scenario.Mapping;
import io.stalemate.scenario.Memslot;
import io.stalemate.scenario.Repeated;
import io.stalemate.scenario.Scenario;
import io.stalemate.scenario.Task;
import io.stalemate.scenario.TaskKind;
import io.stalemate.sim.World;
import io.stalemate.sim.WorldFault;
import io.stalemate.sim.WorldOptions;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Builds a host and a VM on arm64. */
final class KvmTestbed implements Testbed {

  private final Scenario scenario;
  private final Era era;
  private final Optional<Race> race;
  private final StageTwoGeometry geometry;
  private final Reach reach;
  private final List<List<GuestInstruction>> programs = new ArrayList<>();

  KvmTestbed(Scenario scenario, String era, Optional<Race> race) {
    this.scenario = scenario;
    this.era = era(era);
    this.race = race;
    this.geometry = new StageTwoGeometry(scenario.vm().geometry().levels(), scenario.vm().geometry().bits());
    this.reach = Reach.of(scenario);
    for (int task = 0; task < scenario.tasks().size(); task++) {
      programs.add(program(scenario.tasks().get(task), task));
    }
  }

  private static Era era(String version) {
    for (Era era : Era.values()) {
      if (era.version().equals(version)) {
        return era;
      }
    }
    throw new IllegalArgumentException("no era " + version);
  }

  /** Yields what a vCPU executes; each store writes a token of its own. */
  private static List<GuestInstruction> program(Task task, int number) {
    List<GuestInstruction> program = new ArrayList<>();
    for (Repeated repeated : task.actions()) {
      for (int n = 0; n < repeated.times(); n++) {
        long token = (number + 1L) << 16 | (program.size() + 1L);
        switch (repeated.action()) {
          case GuestAction.Load load -> program.add(GuestInstruction.load(load.gfn()));
          case GuestAction.Store store -> program.add(
              GuestInstruction.store(store.gfn(), store.data() == GuestAction.Store.FRESH ? token : store.data()));
          case GuestAction.Fetch fetch -> program.add(GuestInstruction.fetch(fetch.gfn()));
          default -> { }
        }
      }
    }
    return List.copyOf(program);
  }

  @Override
  public WorldOptions options() {
    List<WorldOptions.AllocationFailure> failures = scenario.vm().allocFailures().stream()
        .map(failure -> new WorldOptions.AllocationFailure(failure.use(), failure.nth()))
        .toList();
    return new WorldOptions(scenario.vm().cpus(), false, failures);
  }

  @Override
  public void build(World world) {
    Machine m = world.machine();
    MmStruct mm = host(m);
    Arm64Text arm64 = Arm64Text.of(era, geometry);
    KernelText text = KernelText.of(era, (race.isPresent() ? race.get().patch(arm64) : arm64)::archMmu);
    Kvm kvm = new Kvm(m, race.isPresent() ? race.get().patch(text) : text, mm, reach.gfns());
    for (Memslot slot : scenario.vm().memslots()) {
      boot(kvm.memoryRegions.setMemoryRegion(
          slot.id(), slot.gfn(), slot.pages(), slot.hva(), HostActions.flags(slot.flags())), "memslot " + slot.id());
    }
    HostActions host = new HostActions(kvm, scenario.vm().memslots());
    for (int number = 0; number < scenario.tasks().size(); number++) {
      Task task = scenario.tasks().get(number);
      Runnable body = task.kind() == TaskKind.VCPU
          ? vcpu(m, kvm, task, number)
          : () -> perform(m, host, task.actions());
      world.addTask(task.name(), Testbed.role(task.kind()), body);
    }
  }

  private MmStruct host(Machine m) {
    MemMap memMap = new MemMap(m, reach.hugeShift(), reach.hugePages());
    MmStruct mm = new MmStruct(memMap, new MmuNotifierSubscriptions(m), reach.hvaPages());
    Mmap mmap = new Mmap(mm);
    Gup gup = new Gup(mm);
    for (Mapping mapping : scenario.vm().mappings()) {
      boot(mmap.mmap(mapping.hva(), mapping.pages(), HostActions.kind(mapping.kind()), mapping.shift(), true),
          "mapping " + mapping.name());
      for (long hva = mapping.hva(); mapping.populate() && hva < mapping.hvaEnd(); hva++) {
        long pfn = gup.getUserPagesUnlocked(hva, true);
        if (pfn > 0) {
          memMap.putPage(pfn);
        }
      }
      if (!mapping.writable()) {
        boot(mmap.mprotect(mapping.hva(), mapping.pages(), false), "mapping " + mapping.name());
      }
    }
    return mm;
  }

  private static void boot(int ret, String what) {
    if (ret != 0) {
      throw new WorldFault(what + " of the scenario cannot be set up: errno " + -ret);
    }
  }

  private Runnable vcpu(Machine m, Kvm kvm, Task task, int number) {
    Arm64Mmu arch = (Arm64Mmu) kvm.archMmu;
    KvmVcpu vcpu = arch.createVcpu(number, task.cpu());
    VcpuRun run = new VcpuRun(arch, vcpu, new GuestCpu(m, task.cpu(), geometry), new HandleGuestAbort(arch));
    List<GuestInstruction> program = programs.get(number);
    return () -> {
      int ret = run.vmmThread(new GuestRegisters(program));
      vcpu.mmuPageCache.free();
      m.trace(Tracepoint.RETURN, task.actions().size() - 1L, ret);
    };
  }

  private static void perform(Machine m, HostActions host, List<Repeated> actions) {
    for (int i = 0; i < actions.size(); i++) {
      int ret = 0;
      for (int n = 0; n < actions.get(i).times(); n++) {
        ret = host.perform(actions.get(i).action());
      }
      m.trace(Tracepoint.RETURN, i, ret);
    }
  }
}
