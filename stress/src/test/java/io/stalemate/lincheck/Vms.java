package io.stalemate.lincheck;

import io.stalemate.race.Races;
import io.stalemate.scenario.Scenario;
import io.stalemate.scenario.file.ScenarioFile;
import io.stalemate.testbed.KvmSetup;
import java.nio.charset.StandardCharsets;
import java.util.Optional;

/** A VM small enough to be booted for each of Lincheck's executions, described as scenario files describe VMs. */
record Vms(Scenario scenario) {

  /**
   * The VM that {@code text} describes.
   *
   * @param system {@code kvm-arm64} or {@code kvm-x86}
   * @param text {@code vm}, and one task that says how far addresses reach; nobody runs it
   */
  static Vms of(String system, String text) {
    String file = "name = lincheck, title = \"the VM of a suite\", group = faults, system = " + system + "\n" + text;
    return new Vms(ScenarioFile.parse("lincheck", file.getBytes(StandardCharsets.UTF_8)));
  }

  /** A VM on arm64 v6.12 with one page of memory, gfn 0, in memslot 0; the VMM has it at hva 1. */
  static Vms onePage() {
    return of("kvm-arm64", """
        vm {
          eras = [v6.12]
          geometry { levels = 2, bits = 1 }
          host { mappings = [{ name = ram, hva = 1, pages = 1, populate = true }] }
          memslots = [{ id = 0, gfn = 0, pages = 1, hva = ram }]
        }
        tasks = [{ name = host0, kind = host-mm, do = [{ do = touch, hva = ram }] }]
        """);
  }

  /** Yields what boots it, with {@code race} in its text. */
  KvmSetup setup(Optional<String> race) {
    return KvmSetup.of(scenario, scenario.kernel(scenario.system()), race.map(Races::byName));
  }
}
