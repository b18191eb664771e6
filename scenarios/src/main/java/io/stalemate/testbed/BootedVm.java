package io.stalemate.testbed;

import io.stalemate.linux.kvm.Kvm;
import io.stalemate.linux.mm.ExitMm;
import io.stalemate.machine.Machine;
import io.stalemate.machine.Tracepoint;
import io.stalemate.scenario.Action;
import io.stalemate.scenario.DirtyAction;
import io.stalemate.scenario.ProcessExit;
import io.stalemate.scenario.Repeated;
import io.stalemate.scenario.Scenario;
import io.stalemate.scenario.Task;
import io.stalemate.scenario.TaskKind;
import java.util.List;
import java.util.Optional;

/**
 * A host with one VM on some machine, as a {@link KvmSetup} boots it: its scenario's tasks, one after the other or each
 * on a thread of its own, or single actions that the caller chooses. vCPUs are made first, by the thread that booted.
 */
public final class BootedVm {

  private final Machine m;
  private final Scenario scenario;
  private final Kvm kvm;
  private final Arch arch;
  private final HostActions host;
  private final DirtyLogActions dirtyLog;
  private final Optional<ExitMm> exit;

  BootedVm(Machine m, Scenario scenario, KvmBoot boot, Arch arch) {
    this.m = m;
    this.scenario = scenario;
    this.kvm = boot.kvm();
    this.arch = arch;
    this.host = new HostActions(kvm, arch, scenario.vm().memslots(), new GuestAddresses(scenario));
    this.dirtyLog = new DirtyLogActions(kvm, scenario);
    this.exit = scenario.tasks().stream().anyMatch(BootedVm::endsProcess)
        ? Optional.of(new ExitMm(boot.mm(), (int) scenario.tasks().stream().filter(BootedVm::ofProcess).count()))
        : Optional.empty();
  }

  /** The VM. */
  public Kvm kvm() {
    return kvm;
  }

  /**
   * Performs what a host's thread or an ioctl of the VM's does, whether the scenario has it or not: it must be within
   * the addresses that the scenario names somewhere.
   *
   * @return 0 or more, or a negative errno
   */
  public int perform(Action action) {
    return action instanceof DirtyAction dirty ? dirtyLog.perform(dirty) : host.perform(action);
  }

  /** Makes vCPU {@code number}, which no task of the scenario is, on physical CPU {@code cpu}. */
  public GuestVcpu vcpu(int number, int cpu) {
    return arch.vcpu(number, cpu);
  }

  /** Yields what task {@code number} of the scenario does; makes its vCPU if it is one. Once for each task. */
  public Runnable task(int number) {
    Task task = scenario.tasks().get(number);
    Runnable body = task.kind() == TaskKind.VCPU
        ? arch.vcpuThread(task, number)
        : arch.thread(task, number).orElse(() -> perform(task.actions()));
    // Where the process ends, every thread of it lets go of the address space when it is done.
    if (exit.isEmpty() || !ofProcess(task) || endsProcess(task)) {
      return body;
    }
    return () -> {
      body.run();
      exit.get().exitMm();
    };
  }

  /** Whether the task is a thread of the VMM; others are the kernel's. */
  private static boolean ofProcess(Task task) {
    return task.kind() != TaskKind.NOTIFIER && task.kind() != TaskKind.ASYNC_PF;
  }

  private static boolean endsProcess(Task task) {
    return task.actions().stream().anyMatch(repeated -> repeated.action() instanceof ProcessExit);
  }

  private void perform(List<Repeated> actions) {
    for (int i = 0; i < actions.size(); i++) {
      int ret = 0;
      for (int n = 0; n < actions.get(i).times(); n++) {
        Action action = actions.get(i).action();
        if (action instanceof ProcessExit) {
          exit.orElseThrow().exitMm();
        } else {
          ret = perform(action);
        }
      }
      m.trace(Tracepoint.RETURN, i, ret);
    }
  }
}
