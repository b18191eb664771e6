package io.stalemate.testbed;

import io.stalemate.cpu.GuestCpu;
import io.stalemate.cpu.GuestRegisters;
import io.stalemate.cpu.GuestStep;
import io.stalemate.cpu.StageTwoGeometry;
import io.stalemate.linux.arm64.Arm64Mmu;
import io.stalemate.linux.arm64.HandleGuestAbort;
import io.stalemate.linux.arm64.VcpuRun;
import io.stalemate.linux.kvm.Era;
import io.stalemate.linux.kvm.Kvm;
import io.stalemate.linux.kvm.KvmVcpu;
import io.stalemate.linux.mm.ExitMm;
import io.stalemate.linux.mm.MmStruct;
import io.stalemate.machine.Machine;
import io.stalemate.machine.Tracepoint;
import io.stalemate.race.Race;
import io.stalemate.scenario.Action;
import io.stalemate.scenario.DirtyAction;
import io.stalemate.scenario.ProcessExit;
import io.stalemate.scenario.Repeated;
import io.stalemate.scenario.Scenario;
import io.stalemate.scenario.Task;
import io.stalemate.scenario.TaskKind;
import io.stalemate.sim.World;
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
  private final List<List<GuestStep>> programs = new ArrayList<>();

  KvmTestbed(Scenario scenario, String era, Optional<Race> race) {
    this.scenario = scenario;
    this.era = era(era);
    this.race = race;
    this.geometry = new StageTwoGeometry(scenario.vm().geometry().levels(), scenario.vm().geometry().bits());
    this.reach = Reach.of(scenario);
    GuestAddresses addresses = new GuestAddresses(scenario);
    for (int task = 0; task < scenario.tasks().size(); task++) {
      programs.add(GuestProgram.of(scenario.tasks().get(task), task, addresses));
    }
  }

  static Era era(String version) {
    for (Era era : Era.values()) {
      if (era.version().equals(version)) {
        return era;
      }
    }
    throw new IllegalArgumentException("no era " + version);
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
    KvmBoot boot = new KvmBoot(m, scenario, era, race, reach);
    MmStruct mm = boot.mm();
    Kvm kvm = boot.kvm();
    HandleGuestAbort handleGuestAbort = boot.handleGuestAbort();
    HostActions host = new HostActions(kvm, scenario.vm().memslots(), new GuestAddresses(scenario));
    DirtyLogActions dirtyLog = new DirtyLogActions(kvm, scenario);
    Optional<ExitMm> exit = scenario.tasks().stream().anyMatch(KvmTestbed::endsProcess)
        ? Optional.of(new ExitMm(mm, (int) scenario.tasks().stream().filter(KvmTestbed::ofProcess).count()))
        : Optional.empty();
    for (int number = 0; number < scenario.tasks().size(); number++) {
      Task task = scenario.tasks().get(number);
      Runnable body = switch (task.kind()) {
        case VCPU -> vcpu(m, kvm, handleGuestAbort, task, number);
        case MTE -> new MteThread(m, boot.arm64().mte().copyTags().apply(kvm), task, number)::run;
        default -> () -> perform(m, host, dirtyLog, exit, task.actions());
      };
      world.addTask(task.name(), Testbed.role(task.kind()), thread(task, body, exit));
    }
  }

  /** Whether the task is a thread of the VMM; others are the kernel's. */
  private static boolean ofProcess(Task task) {
    return task.kind() != TaskKind.NOTIFIER;
  }

  private static boolean endsProcess(Task task) {
    return task.actions().stream().anyMatch(repeated -> repeated.action() instanceof ProcessExit);
  }

  /** Where the process ends, every thread of it lets go of the address space when it is done. */
  private static Runnable thread(Task task, Runnable body, Optional<ExitMm> exit) {
    if (exit.isEmpty() || !ofProcess(task) || endsProcess(task)) {
      return body;
    }
    return () -> {
      body.run();
      exit.get().exitMm();
    };
  }

  private Runnable vcpu(Machine m, Kvm kvm, HandleGuestAbort handleGuestAbort, Task task, int number) {
    Arm64Mmu arch = (Arm64Mmu) kvm.archMmu;
    KvmVcpu vcpu = arch.createVcpu(number, task.cpu());
    VcpuRun run = new VcpuRun(arch, vcpu, new GuestCpu(m, task.cpu(), geometry), handleGuestAbort);
    List<GuestStep> program = programs.get(number);
    GuestCalls calls = new GuestCalls(task, program);
    return () -> {
      int ret = run.vmmThread(new GuestRegisters(program,
          (pc, x0) -> m.trace(Tracepoint.RETURN, calls.action(pc), x0)));
      vcpu.mmuPageCache.free();
      if (ret != 0 || !calls.endsInCall()) {
        m.trace(Tracepoint.RETURN, task.actions().size() - 1L, ret);
      }
    };
  }

  private static void perform(
      Machine m, HostActions host, DirtyLogActions dirtyLog, Optional<ExitMm> exit, List<Repeated> actions) {
    for (int i = 0; i < actions.size(); i++) {
      int ret = 0;
      for (int n = 0; n < actions.get(i).times(); n++) {
        Action action = actions.get(i).action();
        if (action instanceof ProcessExit) {
          exit.orElseThrow().exitMm();
        } else {
          ret = action instanceof DirtyAction dirty ? dirtyLog.perform(dirty) : host.perform(action);
        }
      }
      m.trace(Tracepoint.RETURN, i, ret);
    }
  }
}
