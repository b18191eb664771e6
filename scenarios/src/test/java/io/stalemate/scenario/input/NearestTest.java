package io.stalemate.scenario.input;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class NearestTest {

  private static final List<String> NAMES = List.of("fault-vs-invalidate", "fault-vs-migration", "yardstick");

  @Test
  void aSwapADeletionAndASubstitutionAreForgiven() {
    assertThat(Nearest.to("yradstick", NAMES)).contains("yardstick");
    assertThat(Nearest.to("yardstic", NAMES)).contains("yardstick");
    assertThat(Nearest.to("fault-vs-migrution", NAMES)).contains("fault-vs-migration");
  }

  @Test
  void whatResemblesNothingGetsTheWholeList() {
    assertThat(Nearest.to("quux", NAMES)).isEmpty();
    assertThat(Nearest.hint("quux", NAMES)).isEqualTo("allowed: fault-vs-invalidate, fault-vs-migration, yardstick");
    assertThat(Nearest.hint("yardstik", NAMES)).isEqualTo("did you mean 'yardstick'?");
  }

  @Test
  void insteadOfALongListAMessageSaysWhereItIs() {
    assertThat(Nearest.hint("quux", NAMES, "see the list")).isEqualTo("see the list");
    assertThat(Nearest.hint("yardstik", NAMES, "see the list")).isEqualTo("did you mean 'yardstick'?");
    assertThat(Nearest.hint("migra", NAMES, "see the list")).isEqualTo("did you mean 'fault-vs-migration'?");
  }

  @Test
  void aPartOfANameBringsTheNamesThatHaveIt() {
    assertThat(Nearest.hint("fault", NAMES))
        .isEqualTo("did you mean 'fault-vs-invalidate' or 'fault-vs-migration'?");
    assertThat(Nearest.hint("migra", NAMES)).isEqualTo("did you mean 'fault-vs-migration'?");
    assertThat(Nearest.hint("abcde", List.of("abcde-one", "abcde-two", "abcde-three", "abcde-four", "abcde-five")))
        .isEqualTo("did you mean 'abcde-one' or 'abcde-two' or 'abcde-three' or 'abcde-four' (or 1 more)?");
    assertThat(Nearest.hint("vs", NAMES)).startsWith("allowed: ");
  }

  @Test
  void oneSwapCountsOnce() {
    assertThat(Nearest.to("badc", List.of("abcd", "bxdc"))).contains("bxdc");
  }
}
