package io.stalemate.testbed;

import io.stalemate.race.Race;
import io.stalemate.scenario.Kernel;
import io.stalemate.scenario.Scenario;
import io.stalemate.scenario.TaskKind;
import io.stalemate.sim.Role;
import io.stalemate.sim.World;
import io.stalemate.sim.WorldOptions;
import java.util.Optional;

/** Builds one scenario in worlds, run after run. */
public interface Testbed {

  /** What the scenario asks of the machine. */
  WorldOptions options();

  /** Builds the system as the boot task and adds the scenario's tasks, in order. */
  void build(World world);

  /** Yields the testbed of {@code scenario} on {@code kernel}'s text, with {@code race} put back if there is one. */
  static Testbed of(Scenario scenario, Kernel kernel, Optional<Race> race) {
    return switch (kernel.system()) {
      case YARDSTICK -> new YardstickTestbed(scenario, race);
      case KVM_ARM64, KVM_X86 -> new KvmTestbed(scenario, kernel, race);
      case PKVM -> new PkvmTestbed(scenario, kernel.era(), race);
    };
  }

  /** Yields the role of a task of {@code kind}. */
  static Role role(TaskKind kind) {
    return switch (kind) {
      case VCPU -> Role.VCPU;
      case HOST_CPU -> Role.HOST_CPU;
      case NOTIFIER -> Role.MMU_NOTIFIER;
      case MEMSLOT -> Role.MEMSLOT;
      case ATTRIBUTES -> Role.ATTRIBUTES;
      case DIRTY_LOG -> Role.DIRTY_LOG;
      case HOST_MM -> Role.HOST_MM;
      case MTE -> Role.MTE;
      case GUEST_MEMFD -> Role.GUEST_MEMFD;
      case ASYNC_PF -> Role.ASYNC_PF;
    };
  }
}
