package io.stalemate.scenario.file;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.stalemate.scenario.ActionKind;
import io.stalemate.scenario.GuestCall;
import io.stalemate.scenario.MmioGuardSetup;
import io.stalemate.scenario.Repeated;
import io.stalemate.scenario.Scenario;
import io.stalemate.scenario.input.Refused;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class MmioGuardKeysTest {

  private static Scenario parse(String vm, String actions) {
    String text = "name=x,title=x,vm{" + vm + "},tasks=[{name=v0,kind=vcpu,do=[" + actions + "]}]";
    return ScenarioFile.parse("x.scenario.conf", text.getBytes(StandardCharsets.UTF_8));
  }

  @Test
  void hypercallsTakeAPageOrAnyAddress() {
    Scenario scenario = parse("mmio-guard{lasting=true,gicv2=13}",
        "{do=mmio-guard-enroll},{do=mmio-guard-map,gfn=12,times=2},{do=mmio-guard-unmap,ipa=0xc008},{do=system-reset}");
    assertThat(scenario.vm().mmioGuard()).isEqualTo(new MmioGuardSetup(true, 13));
    assertThat(scenario.tasks().getFirst().actions()).containsExactly(
        new Repeated(new GuestCall(ActionKind.MMIO_GUARD_ENROLL, 0), 1),
        new Repeated(new GuestCall(ActionKind.MMIO_GUARD_MAP, 0xc000), 2),
        new Repeated(new GuestCall(ActionKind.MMIO_GUARD_UNMAP, 0xc008), 1),
        new Repeated(new GuestCall(ActionKind.SYSTEM_RESET, 0), 1));
  }

  @Test
  void theGuardIsTheSeriesUnlessAFileSaysOtherwise() {
    assertThat(parse("", "{do=mmio-guard-enroll}").vm().mmioGuard()).isEqualTo(MmioGuardSetup.series());
  }

  @ParameterizedTest
  @CsvSource(delimiter = '|', textBlock = """
      | {do=mmio-guard-map,gfn=1,ipa=4096} | gfn and ipa in one action; one of them is needed
      | {do=mmio-guard-map,gfn=16} | gfn = 16; a whole number from 0 to 15 is allowed
      | {do=mmio-guard-map,ipa=-1} | ipa = -1; a whole number from 0 to 2147483647 is allowed
      | {do=mmio-guard-map} | an action without 'gfn'; a whole number is needed
      mmio-guard{gicv2=16} | {do=mmio-guard-enroll} | gicv2 = 16; a whole number from 0 to 15 is allowed
      mmio-guard{lasting=1} | {do=mmio-guard-enroll} | lasting = '1'; true or false is allowed
      """)
  void whatIsWrongIsSaid(String vm, String actions, String message) {
    assertThatThrownBy(() -> parse(vm == null ? "" : vm, actions)).isInstanceOf(Refused.class)
        .hasMessageContaining(message);
  }
}
