package io.stalemate.scenario.token;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.stalemate.scenario.input.Refused;
import java.util.List;
import org.junit.jupiter.api.Test;

class ModelTest {

  private static final List<Golden> GOLDENS = List.of(
      new Golden("yardstick", Overrides.NONE, "rnd", 1, "0123456789abcdef"),
      new Golden("fault-vs-remap", Overrides.NONE.withEra("v5.15"), "pct3", -1, "fedcba9876543210"));

  @Test
  void theListReadsBackAsItself() {
    assertThat(Model.text(GOLDENS)).isEqualTo("""
        scenario\toverrides\tstrategy\tseed\ttracehash
        yardstick\t-\trnd\t0000000000001\t0123456789abcdef
        fault-vs-remap\tera=v5-15\tpct3\tfzzzzzzzzzzzz\tfedcba9876543210
        """);
    assertThat(Model.parse(Model.text(GOLDENS)).goldens()).isEqualTo(GOLDENS);
  }

  @Test
  void theIdIsTheListsHashWhateverItsLineEnds() {
    // printf 'scenario\toverrides\tstrategy\tseed\ttracehash\n' | sha256sum
    assertThat(Model.parse(Model.HEADER + "\r\n").id()).isEqualTo("e060f98").isEqualTo(Model.parse(Model.HEADER).id());
    assertThat(Model.parse(Model.text(GOLDENS)).id()).isNotEqualTo(Model.parse(Model.text(GOLDENS.reversed())).id());
  }

  @Test
  void theBuiltInListIsSound() {
    assertThat(Model.builtIn().id()).matches("[0-9a-f]{7}");
  }

  @Test
  void aDamagedListIsRefusedWithItsLine() {
    assertThatThrownBy(() -> Model.parse("")).isInstanceOf(Refused.class)
        .hasMessage("golden.tsv:1: not the header of a list of golden runs");
    assertThatThrownBy(() -> Model.parse(Model.HEADER + "\na\tb")).isInstanceOf(Refused.class)
        .hasMessage("golden.tsv:2: 2 fields; five with a trace hash of 16 hex digits are allowed");
  }

  @Test
  void aTokenOfAnotherModelIsSaid() {
    Model model = new Model("1501b95", List.of());
    model.check(new SeedToken("a", Overrides.NONE, "rnd", 0, "1501b95"));
    assertThatThrownBy(() -> model.check(new SeedToken("a", Overrides.NONE, "rnd", 0, "1501b96")))
        .isInstanceOf(Refused.class)
        .hasMessage("token of model 1501b96; this is model 1501b95, which behaves otherwise: "
            + "replay with the release that printed the token")
        .extracting(refused -> ((Refused) refused).exitCode()).isEqualTo(6);
  }
}
