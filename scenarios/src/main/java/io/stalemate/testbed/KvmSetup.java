package io.stalemate.testbed;

import io.stalemate.linux.kvm.Era;
import io.stalemate.machine.Machine;
import io.stalemate.race.Race;
import io.stalemate.scenario.Kernel;
import io.stalemate.scenario.Scenario;
import io.stalemate.scenario.SystemUnderTest;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** A scenario on one kernel's text, worked out once, to be booted as often as one likes, on any machine. */
public final class KvmSetup {

  private final Scenario scenario;
  private final SystemUnderTest system;
  private final Era era;
  private final Optional<Race> race;
  private final Reach reach;
  private final List<VcpuProgram> programs = new ArrayList<>();

  private KvmSetup(Scenario scenario, Kernel kernel, Optional<Race> race) {
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

  /**
   * Yields the set-up of {@code scenario}, with {@code race} put back if there is one.
   *
   * @param kernel of KVM on arm64 or x86
   */
  public static KvmSetup of(Scenario scenario, Kernel kernel, Optional<Race> race) {
    if (kernel.system() != SystemUnderTest.KVM_ARM64 && kernel.system() != SystemUnderTest.KVM_X86) {
      throw new IllegalArgumentException(kernel.system().word() + " has no VM to boot");
    }
    return new KvmSetup(scenario, kernel, race);
  }

  /** Yields the era of {@code version}. */
  static Era era(String version) {
    for (Era era : Era.values()) {
      if (era.version().equals(version)) {
        return era;
      }
    }
    throw new IllegalArgumentException("no era " + version);
  }

  /**
   * Boots a host and the VM on {@code m}, which has the scenario's CPUs at least.
   *
   * @throws io.stalemate.scenario.input.Refused (usage) if KVM itself refuses what the scenario asks for
   */
  public BootedVm boot(Machine m) {
    Arch arch = system == SystemUnderTest.KVM_ARM64
        ? new Arm64Arch(m, scenario, era, race, programs)
        : new X86Arch(m, scenario, era, race, programs);
    return new BootedVm(m, scenario, new KvmBoot(m, scenario, era, race, reach, arch), arch);
  }
}
