package io.stalemate.trace;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class TraceDiffTest {

  @Test
  void equalTracesDoNotDiffer() {
    assertThat(TraceDiff.first(SmallTrace.make(), SmallTrace.make())).isEmpty();
  }

  @Test
  void namesTheFirstDifferentEventWithWhatWentBefore() {
    Trace longer = SmallTrace.make();
    longer.append(Op.SMP_MB.ordinal(), 1, 0, 0, 0, 0, 0);
    longer.append(Op.SMP_WMB.ordinal(), 1, 0, 0, 0, 0, 0);
    Trace other = SmallTrace.make();
    other.append(Op.SMP_MB.ordinal(), 1, 0, 0, 0, 0, 0);
    other.append(Op.SMP_RMB.ordinal(), 1, 0, 0, 0, 0, 0);

    assertThat(TraceDiff.first(longer, other)).isEqualTo(Optional.of(new TraceDiff(
        15,
        9,
        List.of(
            " vcpu0-1001 [007] 0.000000486: smp_rmb +c=7",
            " vcpu0-1001 [---] 0.000000494: exit",
            " inval0-1002 [008] 0.000000494: smp_mb"),
        " inval0-1002 [009] 0.000000502: smp_wmb",
        " inval0-1002 [009] 0.000000502: smp_rmb")));
  }

  @Test
  void eachArgumentCounts() {
    for (int slot = 0; slot < 4; slot++) {
      Trace left = new Trace();
      Trace right = new Trace();
      left.append(Op.TASK_END.ordinal(), Trace.BOOT, 0, 0, 0, 0, 0);
      right.append(Op.TASK_END.ordinal(), Trace.BOOT, 0, slot == 0 ? 1 : 0, slot == 1 ? 1 : 0, slot == 2 ? 1 : 0,
          slot == 3 ? 1 : 0);

      assertThat(TraceDiff.first(left, right).orElseThrow().right())
          .isEqualTo(" boot-1063 [---] 0.000000000: exit +" + "abcd".charAt(slot) + "=1");
    }
  }

  @Test
  void anEndIsADifference() {
    Trace longer = SmallTrace.make();
    longer.append(Op.SMP_MB.ordinal(), 1, 0, 0, 0, 0, 0);

    TraceDiff diff = TraceDiff.first(SmallTrace.make(), longer).orElseThrow();

    assertThat(diff.left()).isEqualTo("ends after 14 events");
    assertThat(diff.right()).isEqualTo(" inval0-1002 [008] 0.000000494: smp_mb");
  }

  @Test
  void anotherTaskOrObjectIsADifference() {
    Trace trace = SmallTrace.make();
    trace.tasks().add("late");

    TraceDiff diff = TraceDiff.first(SmallTrace.make(), trace).orElseThrow();

    assertThat(List.of(diff.left(), diff.right()))
        .containsExactly("tasks vcpu0 inval0, 11 objects", "tasks vcpu0 inval0 late, 11 objects");
  }
}
