package io.stalemate.session;

import static org.assertj.core.api.Assertions.assertThat;

import io.stalemate.scenario.token.Golden;
import io.stalemate.scenario.token.Model;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The model behaves as the list of golden runs says, from which its id is made. */
class GoldenRunsTest {

  private static final String LIST = "scenarios/src/main/resources/io/stalemate/scenario/golden.tsv";

  @Test
  void everyGoldenRunHasTheTraceOfTheList() {
    List<Golden> now = Goldens.run();
    if (Goldens.isWriting()) {
      Goldens.write(LIST, Model.text(now));
      return;
    }
    List<String> lines = now.stream().map(Golden::line).toList();
    List<String> listed = Model.builtIn().goldens().stream().map(Golden::line).toList();
    for (int i = 0; i < Math.min(lines.size(), listed.size()); i++) {
      assertThat(lines.get(i))
          .withFailMessage("%s:%d differs.%n listed  %s%n now     %s%n%s", LIST, i + 2, listed.get(i), lines.get(i),
              Goldens.REWRITE)
          .isEqualTo(listed.get(i));
    }
    assertThat(lines).withFailMessage("%s has %d runs; there ought to be %d. %s", LIST, listed.size(), lines.size(),
        Goldens.REWRITE).hasSameSizeAs(listed);
  }

  @Test
  void theListIsLongEnoughToNoticeAChange() {
    List<Golden> goldens = Goldens.isWriting() ? Goldens.run() : Model.builtIn().goldens();
    assertThat(goldens).hasSizeGreaterThan(300);
    assertThat(goldens.stream().map(Golden::traceHash).distinct().count()).isGreaterThan(goldens.size() / 2);
  }
}
