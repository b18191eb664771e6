package io.stalemate.litmus.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;

import io.stalemate.litmus.run.LitmusResult.Grade;
import io.stalemate.litmus.run.LitmusResult.Row;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.openjdk.jcstress.Options;
import org.openjdk.jcstress.infra.Status;
import org.openjdk.jcstress.infra.collectors.DiskWriteCollector;
import org.openjdk.jcstress.infra.collectors.TestResult;
import org.openjdk.jcstress.infra.runners.SpinLoopStyle;
import org.openjdk.jcstress.infra.runners.TestConfig;
import org.openjdk.jcstress.infra.runners.TestList;
import org.openjdk.jcstress.os.AffinityMode;
import org.openjdk.jcstress.os.NodeType;
import org.openjdk.jcstress.os.SchedulingClass;

/** What raw results come to: one for each JVM that a test ran in, as JCStress keeps them. */
class JcstressTest {

  private static final String TEST = "io.stalemate.litmus.RequestAgainstMode.WithSmpMb";

  // All zeroes: nothing of a configuration counts here but its test.
  private static final Options UNPARSED = new Options(new String[0]) {
    @Override
    public SpinLoopStyle getSpinStyle() {
      return SpinLoopStyle.THREAD_YIELD;
    }
  };

  private static TestResult raw(int fork, Status status) {
    TestResult result = new TestResult(status);
    result.setConfig(new TestConfig(UNPARSED, TestList.getInfo(TEST), fork, List.of(), 0,
        new SchedulingClass(AffinityMode.NONE, 2, NodeType.PACKAGE)));
    return result;
  }

  @Test
  void outcomesOfAllJvmsAreAddedUpAndGradedByTheTest() {
    TestResult first = raw(1, Status.NORMAL);
    first.addState("0, 0", 7);
    first.addState("1, 0", 1);
    TestResult second = raw(2, Status.NORMAL);
    second.addState("0, 0", 3);
    LitmusResult result = graded(List.of(first, second));
    assertThat(result.test()).isEqualTo(TEST);
    assertThat(result.configurations()).isEqualTo(2);
    assertThat(result.samples()).isEqualTo(11);
    assertThat(result.rows()).extracting(Row::outcome, Row::count).contains(
        tuple("0, 0", 10L), tuple("1, 0", 1L),
        tuple("1, 1", 0L));
    assertThat(result.seen(Grade.FORBIDDEN)).extracting(Row::outcome).containsExactly("1, 0");
    assertThat(result.passed()).isFalse();
  }

  @Test
  void anOutcomeThatTheTestDidNotForeseeIsForbidden() {
    TestResult odd = raw(1, Status.NORMAL);
    odd.addState("7, 7", 1);
    assertThat(graded(List.of(odd)).seen(Grade.FORBIDDEN)).extracting(Row::outcome).containsExactly("7, 7");
  }

  @Test
  void aJvmThatBrokeDownFailsItsTestWhateverTheOthersSaw() {
    TestResult fine = raw(1, Status.NORMAL);
    fine.addState("0, 0", 7);
    TestResult broken = raw(2, Status.VM_ERROR);
    broken.addMessage("no more memory");
    LitmusResult result = graded(List.of(fine, broken));
    assertThat(result.passed()).isFalse();
    assertThat(result.error()).startsWith("VM_ERROR").contains("no more memory");
  }

  @Test
  void resultsThatWereCutShortAreDamagedAndNotFewer(@TempDir Path dir) throws IOException {
    Path whole = dir.resolve("whole.bin.gz");
    DiskWriteCollector writer = new DiskWriteCollector(whole.toString());
    for (int fork = 0; fork < 20; fork++) {
      TestResult result = raw(fork, Status.NORMAL);
      result.addState("0, 0", fork);
      writer.add(result);
    }
    writer.close();
    assertThat(Jcstress.read(whole)).extracting(LitmusResult::configurations).containsExactly(20);

    byte[] bytes = Files.readAllBytes(whole);
    Path cut = dir.resolve("cut.bin.gz");
    for (int length : new int[] {0, bytes.length / 2, bytes.length - 1}) {
      Files.write(cut, Arrays.copyOf(bytes, length));
      assertThatThrownBy(() -> Jcstress.read(cut)).as("%d bytes", length)
          .isInstanceOf(IllegalStateException.class).hasMessageStartingWith("results " + cut + " are damaged: ");
    }
  }

  private static LitmusResult graded(List<TestResult> raw) {
    List<LitmusResult> results = Jcstress.graded(raw);
    assertThat(results).hasSize(1);
    return results.getFirst();
  }
}
