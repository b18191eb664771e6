package io.stalemate.testbed;

import io.stalemate.linux.kvm.ArchMmu;
import io.stalemate.linux.kvm.Kvm;
import io.stalemate.linux.mm.MemMap;
import io.stalemate.linux.mm.Mte;
import io.stalemate.scenario.Memslot;
import io.stalemate.scenario.Task;
import io.stalemate.scenario.X86Action;
import java.util.Optional;
import java.util.function.Function;

/** What one architecture adds to a host and a VM: text, capabilities, vCPU threads, actions of its own. One a world. */
interface Arch {

  /** Links the architecture's MMU into a VM. */
  ArchMmu archMmu(Kvm kvm);

  /** The host's allocation tags; empty if its CPUs have none. */
  Optional<Function<MemMap, Mte>> hostTags();

  /** Sets up what a VM has before its first memslot. */
  void createVm(Kvm kvm);

  /** Performs the ioctl that creates or changes {@code slot}; yields 0 or a negative errno. */
  int setMemoryRegion(Kvm kvm, Memslot slot);

  /** Sets up what a VM has once its memslots are there. */
  void finish(Kvm kvm);

  /** Makes vCPU {@code number} on physical CPU {@code cpu}. */
  GuestVcpu vcpu(int number, int cpu);

  /** Makes vCPU {@code number} and yields its thread. */
  Runnable vcpuThread(Task task, int number);

  /** Yields the thread of a task of another kind that only this architecture has; empty for the common kinds. */
  Optional<Runnable> thread(Task task, int number);

  /** Performs {@code action}; yields 0 or more, or a negative errno. */
  int perform(X86Action action);
}
