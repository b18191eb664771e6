package io.stalemate.scenario.file;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.stalemate.scenario.ActionKind;
import io.stalemate.scenario.Geometry;
import io.stalemate.scenario.Pkvm;
import io.stalemate.scenario.PkvmAction;
import io.stalemate.scenario.Scenario;
import io.stalemate.scenario.input.Refused;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/** Files of system {@code pkvm}. */
final class PkvmReaderTest {

  private static final String HEAD = "name = a\ntitle = b\nsystem = pkvm\n";
  private static final String VM = "vm { eras = [v6.12], geometry { levels = 3, bits = 3 } }\n";
  private static final String PKVM =
      "pkvm { pages = 16, memory = [{ page = 0x100, pages = 8 }], guest = [{ gfn = 1, page = 0x102 }] }\n";
  private static final String TASKS =
      "tasks = [{ name = h, kind = host-cpu, do = [{ do = donate-hyp, page = 0x101, pages = 2 }] }]\n";

  private static Scenario parse(String text) {
    return ScenarioFile.parse("f.conf", text.getBytes(StandardCharsets.UTF_8));
  }

  private static void refuses(String text, String line) {
    assertThatThrownBy(() -> parse(text)).isInstanceOf(Refused.class).hasMessage(line);
  }

  @Test
  void aMachineAndWhatItsTasksDo() {
    Scenario scenario = parse(HEAD + VM + PKVM + TASKS);
    TreeMap<Long, Long> guest = new TreeMap<>();
    guest.put(1L, 0x102L);
    assertThat(scenario.pkvm()).isEqualTo(
        new Pkvm(16, List.of(new Pkvm.Region(0x100, 8, false)), Pkvm.POOL_DEFAULT, guest));
    assertThat(scenario.tasks().getFirst().actions().getFirst().action())
        .isEqualTo(new PkvmAction(ActionKind.DONATE_HYP, 0x101, 0, 2));
    assertThat(scenario.tasks().getFirst().cpu()).isZero();
  }

  @Test
  void theMachineIsCheckedAgainstItself() {
    refuses(HEAD + VM + TASKS, "f.conf:3: system 'pkvm' without a pkvm; its pages and memory are needed");
    refuses(HEAD + VM + PKVM.replace("{ page = 0x100", "{ page = 0x90") + TASKS,
        "f.conf:5: page = 144; a whole number from 256 to 271 is allowed");
    refuses(HEAD + VM + PKVM.replace("page = 0x102", "page = 0x108") + TASKS,
        "f.conf:5: page = 264; a whole number from 256 to 263 is allowed");
    refuses(HEAD + VM.replace("bits = 3", "bits = 2") + PKVM + TASKS, "f.conf:5: the machine's last page is 271; "
        + "tables of this geometry reach page 63 (levels = 3, bits = 3 reach 511)");
    refuses(HEAD + VM.replace("vm {", "vm { mmio = [1],") + PKVM + TASKS,
        "f.conf:4: unknown key 'mmio' in the vm of system 'pkvm'; allowed: era, eras, cpus, geometry, "
            + "alloc-failures");
    refuses("name = a\ntitle = b\n" + PKVM + "tasks = [{ name = v, kind = vcpu, do = [{ do = guest-load, gfn = 1 }] }]",
        "f.conf:3: a pkvm in system 'kvm-arm64'; it belongs to system 'pkvm'");
    refuses("name = a\ntitle = b\ntasks = [{ name = v, kind = vcpu, do = [{ do = guest-load, gfn = 1 }] }]",
        "f.conf:3: action 'guest-load' in system 'kvm-arm64'; it belongs to system 'pkvm'");
  }

  private static String does(String action) {
    return TASKS.replace("donate-hyp, page = 0x101, pages = 2", action);
  }

  @Test
  void thePoolMapsAllMemoryPageByPage() {
    refuses(HEAD + VM + PKVM.replace("memory =", "pool = 2, memory =") + TASKS,
        "f.conf:5: pool = 2; the host's table needs at least 3 pages to map the memory page by page");
    assertThat(parse(HEAD + VM + PKVM.replace("memory =", "pool = 3, memory =") + TASKS).pkvm().pool()).isEqualTo(3);
    // Two regions in one table of pages, and one that reaches into the next.
    List<Pkvm.Region> regions = List.of(
        new Pkvm.Region(0x100, 2, false), new Pkvm.Region(0x104, 2, true), new Pkvm.Region(0x107, 2, false));
    Pkvm machine = new Pkvm(16, regions, 16, new TreeMap<>());
    assertThat(machine.poolMin(new Geometry(3, 3))).isEqualTo(4);
    assertThat(machine.poolMin(new Geometry(4, 3))).isEqualTo(5);
    // MMIO from page 0x200 on has an entry of the root to itself, which is a table since no block serves there.
    assertThat(new Pkvm(0x101, regions, 16, new TreeMap<>()).poolMin(new Geometry(4, 3))).isEqualTo(6);
  }

  @Test
  void whatCannotEndOrIsNotTheGuestsIsRefused() {
    refuses(HEAD + VM + PKVM + does("host-fetch, page = 0x108"),
        "f.conf:6: host-fetch of page 264, which is MMIO and never executable; a page of memory is needed "
            + "(see pkvm.memory)");
    refuses(HEAD + VM + PKVM + does("share-guest, page = 0x103, gfn = 1"),
        "f.conf:6: share-guest of page 259 at gfn 1, where the guest has page 258 (see pkvm.guest)");
    refuses(HEAD + VM + PKVM + does("share-guest, page = 0x103, gfn = 2"),
        "f.conf:6: gfn = 2; the guest has no page there (see pkvm.guest)");
  }

  @Test
  void actionsAreCheckedAgainstMachineAndEra() {
    refuses(HEAD + VM + PKVM + TASKS.replace("page = 0x101", "page = 0x10f"),
        "f.conf:6: page 272; the machine's last is 271");
    refuses(HEAD + VM.replace("v6.12", "v5.15, v6.12") + PKVM + TASKS,
        "f.conf:6: action 'donate-hyp' in era v5.15; v6.2, v6.12 have it (see vm.eras)");
    refuses(HEAD + VM + PKVM + "tasks = [{ name = v, kind = vcpu, do = [{ do = guest-load, gfn = 2 }] }]",
        "f.conf:6: gfn = 2; the guest has no page there (see pkvm.guest)");
    refuses(HEAD + VM + PKVM + TASKS.replace("host-cpu", "vcpu"),
        "f.conf:6: action 'donate-hyp' in a task of kind 'vcpu'; kind host-cpu does it");
  }
}
