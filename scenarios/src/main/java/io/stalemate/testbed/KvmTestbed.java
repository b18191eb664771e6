package io.stalemate.testbed;

import io.stalemate.linux.kvm.Era;
import io.stalemate.linux.kvm.Kvm;
import io.stalemate.linux.mm.ExitMm;
import io.stalemate.linux.mm.MmStruct;
import io.stalemate.machine.Machine;
import io.stalemate.machine.Tracepoint;
import io.stalemate.race.Race;
import io.stalemate.scenario.Action;
import io.stalemate.scenario.DirtyAction;
import io.stalemate.scenario.Kernel;
import io.stalemate.scenario.ProcessExit;
import io.stalemate.scenario.Repeated;
import io.stalemate.scenario.Scenario;
import io.stalemate.scenario.SystemUnderTest;
import io.stalemate.scenario.Task;
import io.stalemate.scenario.TaskKind;
import io.stalemate.sim.World;
import io.stalemate.sim.WorldOptions;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Builds a host and a VM: what one architecture has of its own is its {@link Arch}'s. */
final class KvmTestbed implements Testbed {

  private final Scenario scenario;
  private final Era era;
  private final Optional<Race> race;
  private final SystemUnderTest system;
  private final Reach reach;
  private final List<VcpuProgram> programs = new ArrayList<>();

  KvmTestbed(Scenario scenario, Kernel kernel, Optional<Race> race) {
    this.scenario = scenario;
    this.system = kernel.system();
    this.era = era(kernel.era());
    this.race = race;
    this.reach = Reach.of(scenario, system);
    GuestAddresses addresses = new GuestAddresses(scenario);
    for (int task = 0; task < scenario.tasks().size(); task++) {
      programs.add(VcpuProgram.of(scenario.tasks().get(task), task, addresses));
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
    Arch arch = arch(m);
    KvmBoot boot = new KvmBoot(m, scenario, era, race, reach, arch);
    MmStruct mm = boot.mm();
    Kvm kvm = boot.kvm();
    HostActions host = new HostActions(kvm, arch, scenario.vm().memslots(), new GuestAddresses(scenario));
    DirtyLogActions dirtyLog = new DirtyLogActions(kvm, scenario);
    Optional<ExitMm> exit = scenario.tasks().stream().anyMatch(KvmTestbed::endsProcess)
        ? Optional.of(new ExitMm(mm, (int) scenario.tasks().stream().filter(KvmTestbed::ofProcess).count()))
        : Optional.empty();
    for (int number = 0; number < scenario.tasks().size(); number++) {
      Task task = scenario.tasks().get(number);
      Runnable body = task.kind() == TaskKind.VCPU
          ? arch.vcpu(task, number)
          : arch.thread(task, number).orElse(() -> perform(m, host, dirtyLog, exit, task.actions()));
      world.addTask(task.name(), Testbed.role(task.kind()), thread(task, body, exit));
    }
  }

  private Arch arch(Machine m) {
    return switch (system) {
      case KVM_ARM64 -> new Arm64Arch(m, scenario, era, race, programs);
      case KVM_X86 -> new X86Arch(m, scenario, era, race, programs);
      case PKVM, YARDSTICK -> throw new IllegalStateException(system.word() + " has a testbed of its own");
    };
  }

  /** Whether the task is a thread of the VMM; others are the kernel's. */
  private static boolean ofProcess(Task task) {
    return task.kind() != TaskKind.NOTIFIER && task.kind() != TaskKind.ASYNC_PF;
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
