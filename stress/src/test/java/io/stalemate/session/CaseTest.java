package io.stalemate.session;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.stalemate.scenario.Kernel;
import io.stalemate.scenario.Scenario;
import io.stalemate.scenario.SystemUnderTest;
import io.stalemate.scenario.file.Catalogue;
import io.stalemate.scenario.input.Refused;
import io.stalemate.scenario.token.SeedToken;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CaseTest {

  private final Catalogue catalogue = new Catalogue();
  private final Scenario both = catalogue.scenario("two-vcpus-one-page");

  private Case of(String system, String era, String race) {
    return Case.of(both, true, Optional.ofNullable(system), Optional.ofNullable(era), Optional.ofNullable(race));
  }

  @ParameterizedTest
  @CsvSource(nullValues = "-", textBlock = """
      -, -, kvm-arm64 v6.12, ''
      kvm-arm64, v6.2, kvm-arm64 v6.2, ',era=v6-2'
      kvm-x86, -, kvm-x86 v6.12, ',system=kvm-x86'
      kvm-x86, v6.8, kvm-x86 v6.8, ',era=v6-8,system=kvm-x86'
      -, v6.8, kvm-x86 v6.8, ',era=v6-8,system=kvm-x86'
      """)
  void systemAndEraChooseAKernelWhichTokensName(String system, String era, String kernel, String overrides) {
    Case subject = of(system, era, null);
    assertThat(subject.kernel().text()).isEqualTo(kernel);
    assertThat(subject.overrides().text()).isEqualTo(overrides);
    SeedToken token = new SeedToken(both.name(), subject.overrides(), "rnd", 1, "0123456");
    assertThat(Case.of(token, catalogue, Optional.empty())).isEqualTo(subject);
  }

  @Test
  void everyKernelOfEveryScenarioComesBackFromItsToken() {
    for (String name : catalogue.names()) {
      Scenario scenario = catalogue.scenario(name);
      for (Kernel kernel : scenario.kernels()) {
        Case subject = Case.of(scenario, true, kernel, Optional.empty());
        SeedToken token = new SeedToken(name, subject.overrides(), "rnd", 1, "0123456");
        assertThat(Case.of(token, catalogue, Optional.empty()).kernel()).as(name).isEqualTo(kernel);
      }
    }
  }

  @Test
  void aRaceTakesTheScenarioToASystemThatHasIt() {
    Scenario scenario = catalogue.scenario("fault-vs-invalidate");
    Case subject = Case.of(scenario, true, Optional.empty(), Optional.of("no-dsb-after-tlbi"));
    assertThat(subject.kernel().system()).isEqualTo(SystemUnderTest.KVM_ARM64);
  }

  @ParameterizedTest
  @CsvSource(nullValues = "-", delimiter = '|', textBlock = """
      pkvm | - | - | scenario two-vcpus-one-page does not run on system 'pkvm'; allowed: kvm-arm64, kvm-x86
      kvm-x86 | v5.15 | - | scenario two-vcpus-one-page has no era 'v5.15' on system kvm-x86; allowed: v6.8, v6.12
      kvm-x86 | - | no-dsb-after-tlbi | race no-dsb-after-tlbi has no effect on system kvm-x86; it is one of kvm-arm64
      """)
  void whatDoesNotGoTogetherIsSaid(String system, String era, String race, String message) {
    assertThatThrownBy(() -> of(system, era, race)).isInstanceOf(Refused.class).hasMessage(message);
  }
}
