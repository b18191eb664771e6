package io.stalemate.scenario.file;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.stalemate.scenario.GmemPage;
import io.stalemate.scenario.GuestAction;
import io.stalemate.scenario.GuestMemfdFile;
import io.stalemate.scenario.Manner;
import io.stalemate.scenario.Memslot;
import io.stalemate.scenario.Repeated;
import io.stalemate.scenario.Scenario;
import io.stalemate.scenario.SetAttributes;
import io.stalemate.scenario.SlotAction;
import io.stalemate.scenario.TaskKind;
import io.stalemate.scenario.X86Action;
import io.stalemate.scenario.X86Setup;
import io.stalemate.scenario.X86VmType;
import io.stalemate.scenario.input.Refused;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class X86KeysTest {

  private static final String HOST =
      "host{mappings=[{name=ram,hva=16,pages=8}]},memslots=[{id=0,gfn=0,pages=4,hva=ram}],";
  private static final String VCPU = "{name=v0,kind=vcpu,do=[{do=load,gfn=1}]}";

  private static Scenario parse(String vm, String tasks) {
    String text = "name=x,title=x,system=kvm-x86,vm{" + HOST + vm + "},tasks=[" + tasks + "]";
    return ScenarioFile.parse("x.scenario.conf", text.getBytes(StandardCharsets.UTF_8));
  }

  private static List<Repeated> actions(String vm, String task, String actions) {
    return parse(vm, "{name=t0,kind=" + task + ",do=[" + actions + "]}").tasks().getFirst().actions();
  }

  @Test
  void aVmIsAnOrdinaryOneUnlessItsFileSaysOtherwise() {
    assertThat(parse("", VCPU).vm().x86()).isEqualTo(X86Setup.DEFAULT);
    assertThat(parse("", VCPU).vm().guestMemfds()).isEmpty();
  }

  @Test
  void everyKeyOfAVmIsRead() {
    Scenario scenario = parse("""
        eras = [v6.12]
        x86 { vm-type = snp, cpu-features = [ad, pml], mmio-caching = false, slot-zap-all = false, async-pf = true
              memslot-generation = 524286, on-memory-fault = stop, apic-access-page = 15 }
        guest-memfds = [{ name = gmem, pages = 4 }]
        """, VCPU + ",{name=apf,kind=async-pf}");
    assertThat(scenario.vm().x86())
        .isEqualTo(new X86Setup(X86VmType.SNP, true, true, false, false, true, 524286, false, 15));
    assertThat(scenario.vm().guestMemfds()).containsExactly(new GuestMemfdFile("gmem", 4));
    assertThat(scenario.tasks().getLast().kind()).isEqualTo(TaskKind.ASYNC_PF);
    assertThat(scenario.tasks().getLast().actions()).isEmpty();
  }

  @Test
  void withoutAnyCpuFeatureThereAreNoAccessedAndDirtyFlags() {
    assertThat(parse("x86{cpu-features=[]}", VCPU).vm().x86().adBits()).isFalse();
  }

  @Test
  void memslotsNameTheirPrivatePages() {
    String vm = "x86{vm-type=sw-protected},guest-memfds=[{name=gmem,pages=4}]";
    assertThat(actions(vm, "memslot", "{do=slot-create,id=1,gfn=4,pages=2,hva=\"ram+4\",gmem=\"gmem+2\"}"))
        .containsExactly(new Repeated(new SlotAction.SlotCreate(
            new Memslot(1, 4, 2, 20, Set.of(), Optional.of(new GmemPage("gmem", 2)))), 1));
  }

  @Test
  void actionsOfX86AreRead() {
    String vm = "x86{vm-type=sw-protected},guest-memfds=[{name=gmem,pages=4}]";
    assertThat(actions("", "vcpu", "{do=pre-fault,gfn=1,pages=2,times=3}"))
        .containsExactly(new Repeated(new X86Action.PreFault(1, 2), 3));
    assertThat(actions("", "memslot", "{do=track-gfn,gfn=1},{do=untrack-gfn,gfn=1}")).containsExactly(
        new Repeated(new X86Action.TrackGfn(1, true), 1), new Repeated(new X86Action.TrackGfn(1, false), 1));
    assertThat(actions("", "notifier", "{do=zap-gfn-range,gfn=0,pages=16}"))
        .containsExactly(new Repeated(new X86Action.ZapGfnRange(0, 16), 1));
    assertThat(actions(vm, "guest-memfd", "{do=punch-hole,gmem=gmem,page=1,pages=3},{do=close,gmem=gmem}"))
        .containsExactly(new Repeated(new X86Action.PunchHole(new GmemPage("gmem", 1), 3), 1),
            new Repeated(new X86Action.Close("gmem"), 1));
  }

  @Test
  void guestsOfSnpSayWhatTheyWant() {
    assertThat(actions("eras=[v6.12],x86{vm-type=snp}", "vcpu", "{do=store,gfn=1,private=true}")).containsExactly(
        new Repeated(new GuestAction.Store(1, GuestAction.Store.FRESH,
            new Manner(0, false, false, Manner.NO_TABLE, false, true)), 1));
  }

  @Test
  void aVmmMayAskForAttributesThatNoKernelGives() {
    assertThat(actions("", "attributes", """
        { do = set-attributes, gfn = 1, pages = 2, private = true }
        { do = set-attributes, gfn = 1, attributes = shared }
        { do = set-attributes, address = 0xfffffffffffff000, size = 8192, attributes = 0x10, flags = 1 }
        """)).extracting(Repeated::action).containsExactly(
            new SetAttributes(0x1000, 0x2000, SetAttributes.PRIVATE, 0),
            new SetAttributes(0x1000, 0x1000, 0, 0),
            new SetAttributes(-0x1000, 8192, 0x10, 1));
  }

  @ParameterizedTest
  @CsvSource(delimiter = '|', textBlock = """
      x86{vm-type=tdx} | unknown vm-type 'tdx' in x86's part of the vm
      x86{vm-type=snp} | vm-type snp in era v6.8; x86 has it from v6.11 on (set vm.eras)
      x86{cpu-features=[pml]} | cpu-features with pml and without ad; pml needs accessed and dirty bits
      x86{cpu-features=[fwb]} | unknown cpu-feature 'fwb'
      x86{memslot-generation=-1} | memslot-generation = -1; a whole number from 0 to 16777216 is allowed
      x86{apic-access-page=16} | apic-access-page = 16; a whole number from 0 to 15 is allowed
      x86{async-pf=true} | 0 tasks of kind 'async-pf' with async-pf = true; one is needed
      guest-memfds=[{name=g,pages=1}] | guest_memfd 'g' in a vm without private memory
      """)
  void aVmThatIsWrongIsSaid(String vm, String message) {
    assertThatThrownBy(() -> parse(vm, VCPU)).isInstanceOf(Refused.class).hasMessageContaining(message);
  }

  @ParameterizedTest
  @CsvSource(delimiter = '|', textBlock = """
      attributes | {do=set-attributes,gfn=1} | set-attributes without 'private'; true or false is needed
      attributes | {do=set-attributes,gfn=1,private=true,attributes=private} | with 'private' and 'attributes'
      attributes | {do=set-attributes,gfn=1,attributes=privat} | unknown attribute 'privat'; did you mean 'private'?
      attributes | {do=set-attributes,gfn=1,attributes=-1} | attributes = '-1'; a whole number from 0 on
      attributes | {do=set-attributes,gfn=16,private=true} | gfn = 16; a whole number from 0 to 15 is allowed
      attributes | {do=set-attributes,gfn=15,pages=2,private=true} | pages = 2; a whole number from 1 to 1 is allowed
      attributes | {do=set-attributes,gfn=1,size=4096,private=true} | gfn beside address and size
      attributes | {do=set-attributes,address=4096,private=true} | an action without 'size'; a whole number is needed
      vcpu | {do=load,gfn=1,private=true} | private in an access of a guest that cannot say so
      vcpu | {do=load,gfn=1,undecodable=true} | undecodable in an access on system 'kvm-x86'
      vcpu | {do=dc,gfn=1} | action 'dc' in system 'kvm-x86'; it belongs to system 'kvm-arm64'
      vcpu | {do=pre-fault,gfn=8} | gfn = 8; no memslot ever covers it
      memslot | {do=track-gfn,gfn=8} | gfn = 8; no memslot ever covers it
      guest-memfd | {do=close,gmem=gmem} | gmem 'gmem' in a vm without guest_memfds; vm.guest-memfds lists them
      vcpu | {do=punch-hole,gmem=gmem} | action 'punch-hole' in a task of kind 'vcpu'; kind guest-memfd does it
      """)
  void anActionThatIsWrongIsSaid(String task, String actions, String message) {
    assertThatThrownBy(() -> actions("", task, actions)).isInstanceOf(Refused.class).hasMessageContaining(message);
  }

  @ParameterizedTest
  @CsvSource(delimiter = '|', textBlock = """
      {do=slot-create,id=1,gfn=4,pages=2,hva=ram,gmem="gmem+3"} | gmem+3 for 2 pages; guest_memfd 'gmem' has 4
      {do=slot-create,id=1,gfn=4,pages=2,hva=ram,gmem=gmen} | unknown guest_memfd 'gmen'; did you mean 'gmem'?
      {do=slot-create,id=1,gfn=4,pages=2,hva=ram,gmem="gmem-1+"} | a guest_memfd's name or "name+page" is
      """)
  void pagesOfAGuestMemfdThatAreNotThereAreSaid(String action, String message) {
    String vm = "x86{vm-type=sw-protected},guest-memfds=[{name=gmem,pages=4}]";
    assertThatThrownBy(() -> actions(vm, "memslot", action)).isInstanceOf(Refused.class).hasMessageContaining(message);
  }

  @Test
  void aWorkerWithoutAsynchronousFaultsIsSaid() {
    assertThatThrownBy(() -> parse("", VCPU + ",{name=apf,kind=async-pf}")).isInstanceOf(Refused.class)
        .hasMessageContaining("1 task of kind 'async-pf' in a vm without asynchronous page faults");
    assertThatThrownBy(() -> parse("x86{async-pf=true}", VCPU + ",{name=apf,kind=async-pf,do=[{do=load,gfn=1}]}"))
        .isInstanceOf(Refused.class);
  }
}
