package io.stalemate.scenario.file;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.stalemate.scenario.Emulation;
import io.stalemate.scenario.GuestAction;
import io.stalemate.scenario.Manner;
import io.stalemate.scenario.Repeated;
import io.stalemate.scenario.Scenario;
import io.stalemate.scenario.SlotAction;
import io.stalemate.scenario.Ucall;
import io.stalemate.scenario.input.Refused;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class EmulationReaderTest {

  private static final String BASE = """
      name = a
      title = b
      vm {
        host {
          HOST
          mappings = [{ name = ram, hva = 16, pages = 4 }]
        }
        memslots = [{ id = 0, gfn = 0, pages = 2, hva = ram }]
        VM
      }
      tasks = [
        { name = v0, kind = vcpu, do = [VCPU] }
        { name = s0, kind = memslot, do = [SLOTS] }
      ]
      """;

  private static Scenario read(String host, String vm, String vcpu, String slots) {
    String text = BASE.replace("HOST", host).replace("VM", vm).replace("VCPU", vcpu).replace("SLOTS", slots);
    return ScenarioFile.parse("f.conf", text.getBytes(StandardCharsets.UTF_8));
  }

  @Test
  void whatIsNotSaidIsNotThere() {
    Scenario scenario = read("", "", "{ do = load, gfn = 1 }", "{ do = slot-delete, id = 0 }");
    assertThat(scenario.vm().emulation()).isEqualTo(Emulation.NONE);
    assertThat(scenario.tasks().getFirst().actions())
        .containsExactly(new Repeated(new GuestAction.Load(1, Manner.PLAIN), 1));
  }

  @Test
  void everyKeyIsRead() {
    Scenario scenario = read("ipa-bits = 20, claims-sea = true",
        "nisv-to-user = true, protected = true, bus = [5], "
            + "vmm { carve-outs = [{ gfn = 5, pages = 2 }], ucall = allocate }",
        "{ do = store, gfn = 1, data = 7, offset = 8, undecodable = true, failing = true, stage1-table = 0, "
            + "stage1-update = true }, { do = dc, gfn = 1, offset = 64 }, { do = ucall }",
        "{ do = slot-create, id = 1, gfn = allocate, pages = 2, hva = \"ram+2\" }");
    assertThat(scenario.vm().emulation()).isEqualTo(
        new Emulation(true, true, true, 20, List.of(5L), List.of(new Emulation.CarveOut(5, 2)), Emulation.ALLOCATE));
    assertThat(scenario.tasks().getFirst().actions()).containsExactly(
        new Repeated(new GuestAction.Store(1, 7, new Manner(8, true, true, 0, true)), 1),
        new Repeated(new GuestAction.CacheMaintenance(1, 64), 1), new Repeated(new Ucall(), 1));
    assertThat(scenario.tasks().getLast().actions())
        .containsExactly(new Repeated(new SlotAction.SlotAllocate(1, 2, 18, Set.of()), 1));
  }

  @ParameterizedTest
  @CsvSource(delimiter = '|', textBlock = """
      ipa-bits = 12 | | {do=load,gfn=1} | ipa-bits = 12; a whole number from 16 to 48 is allowed
      | vmm { ucall = 99 } | {do=ucall} | ucall = 99; a whole number from 0 to 15 is allowed
      | vmm { ucall = somewhere } | {do=ucall} | ucall = 'somewhere'; a whole number from 0 to 15 is allowed
      | vmm { carve-outs = [{gfn=1}] } | {do=load,gfn=1} | carve-out overlaps memslot 0, gfns 0 to 1
      | vmm { carve-outs = [{gfn=4,pages=3},{gfn=6}] } | {do=load,gfn=1} | carve-out overlaps the one at gfns 4 to 6
      | vmm { carve-outs = [{gfn=2,pages=14}], ucall = allocate } | {do=ucall} | leave none of the 16 gfns
      | | {do=ucall} | ucall in a vm that has no address for it; vm.vmm { ucall } gives one
      | | {do=load,gfn=1,offset=4096} | offset = 4096; a whole number from 0 to 4095 is allowed
      | | {do=load,gfn=1,stage1-update=true} | stage1-update without 'stage1-table'; the gfn of the table is needed
      | | {do=load,gfn=1,stage1-table=9} | stage1-table = 9; no memslot ever covers it (list it under vm.mmio if meant)
      | | {do=fetch,gfn=1,undecodable=true} | unknown key 'undecodable' in an action
      | | {do=dc,gfn=9} | gfn = 9; no memslot ever covers it (list it under vm.mmio if meant)
      | bus = [16] | {do=load,gfn=1} | bus = 16; a whole number from 0 to 15 is allowed
      | bus = [5, 6, 5] | {do=load,gfn=1} | bus with gfn 5 twice; once is allowed
      | bus = [1] | {do=load,gfn=1} | bus = 1; memslot 0 has gfns 0 to 1, a gfn outside
      | bus = [5], mmio-guard { gicv2 = 5 } | {do=load,gfn=1} | bus = 5; mmio-guard.gicv2 is at this gfn, another is
      | mmio-guard { gicv2 = 1 } | {do=load,gfn=1} | gicv2 = 1; memslot 0 has gfns 0 to 1, a gfn outside
      | vmm { ucall = 1 } | {do=ucall} | ucall = 1; memslot 0 has gfns 0 to 1, a gfn outside
      | bus = [5], vmm { ucall = 5 } | {do=ucall} | ucall = 5; a device of the kernel is at this gfn, another is needed
      | mmio-guard { gicv2 = 5 }, vmm { ucall = 5 } | {do=ucall} | ucall = 5; a device of the kernel is at this gfn
      | vmm { ucall = 6, carve-outs = [{gfn=5,pages=2}] } | {do=ucall} | ucall = 6; gfns 5 to 6 are carved out, another
      | vmm { carve-outs = [{gfn=3,pages=13}], ucall = allocate }, bus = [2] | {do=ucall} | leave none of the 16 gfns
      """)
  void mistakesAreOneClearLine(String host, String vm, String vcpu, String message) {
    assertThatThrownBy(() -> read(host == null ? "" : host, vm == null ? "" : vm, vcpu, "{ do = slot-delete, id = 0 }"))
        .isInstanceOf(Refused.class).hasMessageContaining(message);
  }

  @Test
  void devicesMayBeInACarveOutAndSlotsMayComeOverAFixedUcall() {
    assertThat(read("", "bus = [5], vmm { carve-outs = [{ gfn = 4, pages = 2 }], ucall = 6 }", "{ do = ucall }",
        "{ do = slot-create, id = 1, gfn = 5, pages = 2, hva = ram }").vm().emulation().ucall()).isEqualTo(6);
  }

  @ParameterizedTest
  @CsvSource(delimiter = '|', textBlock = """
      {do=slot-create,id=1,gfn=alocate,pages=1,hva=ram} | gfn = 'alocate'; allocate, or a whole number from 0 to 15, is
      {do=slot-create,id=1,gfn=3,pages=2,hva=ram} | gfn = 3; the memslot would lie over gfn 4, which ucall = allocate
      {do=slot-move,id=0,gfn=3} | gfn = 3; the memslot would lie over gfn 4, which ucall = allocate gets; another
      """)
  void slotsKeepOffAnAllocatedUcall(String slots, String message) {
    assertThatThrownBy(() -> read("", "bus = [2], mmio-guard { gicv2 = 3 }, vmm { ucall = allocate }", "{ do = ucall }",
        slots)).isInstanceOf(Refused.class).hasMessageContaining(message);
  }
}
