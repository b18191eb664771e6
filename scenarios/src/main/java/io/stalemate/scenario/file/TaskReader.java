package io.stalemate.scenario.file;

import io.stalemate.scenario.Action;
import io.stalemate.scenario.DirtyAction;
import io.stalemate.scenario.Limits;
import io.stalemate.scenario.ProcessExit;
import io.stalemate.scenario.Pkvm;
import io.stalemate.scenario.PkvmAction;
import io.stalemate.scenario.Repeated;
import io.stalemate.scenario.SystemUnderTest;
import io.stalemate.scenario.Task;
import io.stalemate.scenario.TaskKind;
import io.stalemate.scenario.Vm;
import java.util.ArrayList;
import java.util.List;

/** Reads {@code tasks}, and {@code vm}, which tells their actions where to reach. */
final class TaskReader {

  private record Placed(Section at, Action action) {}

  private final Section root;
  private final SystemsReader.Systems systems;
  private final List<Section> sections;
  private final List<TaskKind> kinds = new ArrayList<>();

  TaskReader(Section root, SystemsReader.Systems systems) {
    this.root = root;
    this.systems = systems;
    this.sections = root.sections("tasks", "a task", Limits.TASKS);
    if (sections.isEmpty()) {
      throw root.refused("tasks", "no tasks; a scenario needs at least one");
    }
    for (Section section : sections) {
      section.allow(List.of("name", "kind", "cpu", "do"));
      kinds.add(section.word("kind", TaskKind.values()));
    }
    if (systems.has(SystemUnderTest.YARDSTICK) && root.has("vm")) {
      throw root.refused("vm", "a vm in system 'yardstick'; the yardstick's is fixed");
    }
  }

  /** The VM and the tasks; neither makes sense without the other. */
  record VmAndTasks(Vm vm, Pkvm pkvm, List<Task> tasks) {}

  VmAndTasks read() {
    Section vmSection = root.section("vm", "the vm");
    VmReader vmReader = new VmReader(vmSection, systems);
    Vm vm = vmReader.read((int) kinds.stream().filter(TaskKind::hasCpu).count());
    PkvmReader pkvmReader = new PkvmReader(root, systems.system());
    Pkvm pkvm = pkvmReader.read();
    pkvmReader.check(pkvm, vm);
    ActionReader actions = new ActionReader(systems, vmReader);
    List<Task> tasks = new ArrayList<>();
    List<Placed> placed = new ArrayList<>();
    int vcpus = 0;
    for (int i = 0; i < sections.size(); i++) {
      Section section = sections.get(i);
      int cpu = cpu(section, kinds.get(i), vm, vcpus, tasks);
      vcpus += kinds.get(i).hasCpu() ? 1 : 0;
      tasks.add(new Task(name(section, tasks), kinds.get(i), cpu, actions(section, kinds.get(i), actions, placed)));
    }
    Reach reach = new Reach(vm, placed.stream().map(Placed::action).toList());
    reach.checkMemslots(vmSection);
    placed.forEach(each -> reach.check(each.at, each.action));
    for (Placed each : placed) {
      if (each.action instanceof PkvmAction action) {
        PkvmReader.check(each.at, action, pkvm, vm);
      }
      if (each.action instanceof DirtyAction.HarvestRing harvest) {
        checkVcpu(each.at, harvest.vcpu(), tasks);
      }
    }
    checkAsyncPf(vmSection, vm);
    return new VmAndTasks(vm, pkvm, tasks);
  }

  /** Asynchronous page faults and the worker that finishes them go together. */
  private void checkAsyncPf(Section vmSection, Vm vm) {
    int needed = vm.x86().asyncPf() ? 1 : 0;
    long given = kinds.stream().filter(kind -> kind == TaskKind.ASYNC_PF).count();
    if (given != needed) {
      String found = given + (given == 1 ? " task" : " tasks") + " of kind 'async-pf'";
      throw needed == 1
          ? vmSection.refused("x86", found + " with async-pf = true; one is needed, which finishes the faults")
          : root.refused("tasks", found + " in a vm without asynchronous page faults; "
              + "vm.x86.async-pf = true gives them");
    }
  }

  private static void checkVcpu(Section at, String name, List<Task> tasks) {
    List<String> vcpus = tasks.stream().filter(task -> task.kind() == TaskKind.VCPU).map(Task::name).toList();
    if (!vcpus.contains(name)) {
      throw at.refused("vcpu", "vcpu = '" + name + "'; "
          + (vcpus.isEmpty() ? "a task of kind vcpu is needed" : "one of " + String.join(", ", vcpus) + " is allowed"));
    }
  }

  private static String name(Section section, List<Task> before) {
    String name = section.name("name");
    if (before.stream().anyMatch(task -> task.name().equals(name))) {
      throw section.refused("name", "task '" + name + "' given twice; names are unique");
    }
    return name;
  }

  /** A vCPU's pCPU. Nothing takes a vCPU off its pCPU here, so that two of them cannot share one. */
  private static int cpu(Section section, TaskKind kind, Vm vm, int vcpu, List<Task> before) {
    if (kind.hasCpu()) {
      int cpu = section.number("cpu", 0, vm.cpus() - 1L, vcpu % vm.cpus());
      if (before.stream().anyMatch(task -> task.cpu() == cpu)) {
        throw section.refused(section.has("cpu") ? "cpu" : "kind",
            "cpu " + cpu + " for a second " + kind.word() + "; each needs a pCPU of its own, " + vm.cpus()
                + " are there");
      }
      return cpu;
    }
    if (section.has("cpu")) {
      throw section.refused("cpu", "cpu in a task of kind '" + kind.word() + "'; only a vcpu or a host-cpu has one");
    }
    return Task.NO_CPU;
  }

  private static List<Repeated> actions(Section section, TaskKind kind, ActionReader reader, List<Placed> placed) {
    List<Repeated> actions = new ArrayList<>();
    for (Section at : section.sections("do", "an action", Limits.ACTIONS_PER_TASK)) {
      Repeated repeated = reader.read(at, kind);
      boolean exited = !actions.isEmpty() && actions.getLast().action() instanceof ProcessExit;
      if (exited || (repeated.action() instanceof ProcessExit && repeated.times() != 1)) {
        throw at.refused("do", "an action after exit-mm; exit-mm is the last of its task, and done once");
      }
      actions.add(repeated);
      placed.add(new Placed(at, repeated.action()));
    }
    if (!kind.hasActions() && section.has("do")) {
      throw section.refused("do", "actions in a task of kind '" + kind.word() + "'; nobody tells it what to do");
    }
    if (actions.isEmpty() && kind.hasActions()) {
      throw section.refused("do", "a task that does nothing; at least one action is needed");
    }
    return actions;
  }
}
