package io.stalemate.scenario.file;

import static io.stalemate.scenario.SystemUnderTest.KVM_ARM64;
import static io.stalemate.scenario.SystemUnderTest.KVM_X86;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.stalemate.scenario.Goal;
import io.stalemate.scenario.Kernel;
import io.stalemate.scenario.Scenario;
import io.stalemate.scenario.input.Refused;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SystemsReaderTest {

  private static Scenario parse(String systems, String vm, String more) {
    String text = "name=x,title=x," + systems + "vm{mmio=[1]," + vm
        + "},tasks=[{name=v0,kind=vcpu,do=[{do=load,gfn=1}]}]," + more;
    return ScenarioFile.parse("x.scenario.conf", text.getBytes(StandardCharsets.UTF_8));
  }

  private static Scenario parse(String systems, String vm) {
    return parse(systems, vm, "");
  }

  @Test
  void aScenarioIsOfArm64UnlessItSaysOtherwise() {
    assertThat(parse("", "").systems()).containsExactly(KVM_ARM64);
    assertThat(parse("system=kvm-x86,", "").systems()).containsExactly(KVM_X86);
  }

  @Test
  void theFirstOfSeveralSystemsIsTakenUnlessOneIsNamed() {
    assertThat(parse("systems=[kvm-x86,kvm-arm64],", "").system()).isEqualTo(KVM_X86);
    Scenario named = parse("systems=[kvm-x86,kvm-arm64],system=kvm-arm64,", "");
    assertThat(named.system()).isEqualTo(KVM_ARM64);
    assertThat(named.systems()).containsExactly(KVM_X86, KVM_ARM64);
  }

  @Test
  void eachSystemRunsOnItsOwnKernels() {
    Scenario both = parse("systems=[kvm-arm64,kvm-x86],", "");
    assertThat(both.vm().eras()).containsExactly("v5.15", "v6.2", "v6.8", "v6.12");
    assertThat(both.kernels()).extracting(Kernel::text).containsExactly(
        "kvm-arm64 v5.15", "kvm-arm64 v6.2", "kvm-arm64 v6.12", "kvm-x86 v6.8", "kvm-x86 v6.12");
    assertThat(parse("", "").vm().eras()).containsExactly("v5.15", "v6.2", "v6.12");
    assertThat(parse("system=kvm-x86,", "").vm().eras()).containsExactly("v6.8", "v6.12");
  }

  @Test
  void aSystemWithoutTheUsualEraTakesItsLast() {
    Scenario scenario = parse("systems=[kvm-arm64,kvm-x86],", "eras=[v5.15,v6.2,v6.8],era=v5.15");
    assertThat(scenario.kernel(KVM_ARM64)).isEqualTo(new Kernel(KVM_ARM64, "v5.15"));
    assertThat(scenario.kernel(KVM_X86)).isEqualTo(new Kernel(KVM_X86, "v6.8"));
  }

  @Test
  void aGoalMayBeOfOneSystem() {
    Scenario scenario = parse("systems=[kvm-arm64,kvm-x86],", "",
        "goals=[{name=a,when=\"1 == 1\"},{name=b,when=\"1 == 1\",systems=[kvm-x86]}]");
    assertThat(scenario.goals().getFirst().systems()).containsExactly(KVM_ARM64, KVM_X86);
    assertThat(scenario.goals()).extracting(Goal::systems).last().asList().containsExactly(KVM_X86);
  }

  @ParameterizedTest
  @CsvSource(delimiter = '|', textBlock = """
      systems=[], | | systems = []; at least one of kvm-arm64, yardstick, pkvm, kvm-x86 is needed
      systems=[kvm-arm64,kvm-arm64], | | systems with 'kvm-arm64' twice; once is allowed
      systems=[kvm-arm64,pkvm], | | systems with 'pkvm' and another; kvm-arm64 and kvm-x86 run the same scenarios
      systems=[kvm-arm64],system=kvm-x86, | | unknown system 'kvm-x86' in the scenario; allowed: kvm-arm64
      system=kvm-x86, | eras=[v5.15] | unknown era 'v5.15' in the vm
      system=kvm-arm64, | eras=[v6.8] | unknown era 'v6.8' in the vm
      systems=[kvm-arm64,kvm-x86], | eras=[v5.15] | system 'kvm-x86' has none of them, it has v6.8, v6.12
      systems=[kvm-arm64,kvm-x86], | era=v6.8 | unknown era 'v6.8' in the vm
      system=kvm-arm64, | x86{} | x86 in a vm of system 'kvm-arm64'; it belongs to system 'kvm-x86'
      """)
  void whatIsWrongIsSaid(String systems, String vm, String message) {
    assertThatThrownBy(() -> parse(systems, vm == null ? "" : vm)).isInstanceOf(Refused.class)
        .hasMessageContaining(message);
  }
}
