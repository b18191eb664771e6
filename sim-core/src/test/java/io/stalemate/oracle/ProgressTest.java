package io.stalemate.oracle;

import static io.stalemate.machine.Tracepoint.FAULT_RETRY;
import static io.stalemate.machine.Tracepoint.GUEST_ACCESS_DONE;
import static io.stalemate.machine.Tracepoint.INVALIDATE_BEGIN;
import static io.stalemate.machine.Tracepoint.INVALIDATE_END;
import static io.stalemate.machine.Tracepoint.NOTIFIER_END;
import static io.stalemate.machine.Tracepoint.TDP_YIELD;
import static org.assertj.core.api.Assertions.assertThat;

import io.stalemate.trace.ObjectKind;
import io.stalemate.trace.Op;
import java.util.List;
import org.junit.jupiter.api.Test;

class ProgressTest {

  private final Story story = new Story(new Progress());
  private final int one = story.task("vcpu0");
  private final int two = story.task("ioctl");
  private final int a = story.object(ObjectKind.MUTEX, "slots_lock");
  private final int b = story.object(ObjectKind.MUTEX, "config_lock");
  private final int rw = story.object(ObjectKind.RWLOCK, "mmu_lock");
  private final int srcu = story.object(ObjectKind.SRCU, "kvm->srcu");
  private final int word = story.word("x");

  private Story blocked(int object, Op op) {
    return story.op(Op.BLOCKED, object, op.ordinal());
  }

  private void finds(String what) {
    assertThat(story.ends(Ending.DEADLOCK)).extracting(Finding::what).containsExactly(what);
  }

  @Test
  void namesWhoWaitsForWhom() {
    story.by(one).op(Op.MUTEX_LOCK, a).by(two).op(Op.MUTEX_LOCK, b);
    blocked(a, Op.MUTEX_LOCK);
    story.by(one);
    blocked(b, Op.MUTEX_LOCK);
    assertThat(story.ends(Ending.DEADLOCK)).containsExactly(new Finding("progress", Severity.HANG,
        "deadlock: vcpu0 waits for config_lock, ioctl waits for slots_lock",
        "whoever waits is woken, and whoever retries gets through once nothing is in its way",
        List.of(new Evidence(3, "waits for config_lock"), new Evidence(1, "takes config_lock"),
            new Evidence(2, "waits for slots_lock"), new Evidence(0, "takes slots_lock")),
        List.of("vcpu0 waits for config_lock; holds slots_lock", "ioctl waits for slots_lock; holds config_lock")));
  }

  @Test
  void seesRecursion() {
    story.by(one).op(Op.READ_LOCK, rw);
    blocked(rw, Op.WRITE_LOCK);
    story.by(two).op(Op.TASK_END, 0);
    finds("deadlock: vcpu0 waits for mmu_lock(write)");
  }

  @Test
  void seesAReaderBehindAQueuedWriter() {
    story.by(one).op(Op.READ_LOCK, rw).by(two).op(Op.WRITE_LOCK_QUEUED, rw);
    blocked(rw, Op.WRITE_LOCK);
    story.by(one);
    blocked(rw, Op.READ_LOCK);
    finds("deadlock: vcpu0 waits for mmu_lock(read), ioctl waits for mmu_lock(write)");
  }

  @Test
  void seesTheWaitForReaders() {
    story.by(one).op(Op.SRCU_READ_LOCK, srcu).by(two).op(Op.MUTEX_LOCK, a).op(Op.SRCU_GP_START, srcu);
    blocked(srcu, Op.SRCU_GP_END);
    story.by(one);
    blocked(a, Op.MUTEX_LOCK);
    finds("deadlock: vcpu0 waits for slots_lock, ioctl waits for readers of kvm->srcu");
  }

  @Test
  void callsASleeperThatNobodyCanWakeALostWakeUp() {
    story.by(one).op(Op.MUTEX_LOCK, a);
    blocked(0, Op.SCHEDULE);
    story.by(two);
    blocked(a, Op.MUTEX_LOCK);
    finds("lost wake-up: vcpu0 sleeps in schedule()");
  }

  @Test
  void aBoundProvesNothing() {
    story.by(one).op(Op.MUTEX_LOCK, a);
    blocked(a, Op.MUTEX_LOCK);
    assertThat(story.ends(Ending.BOUND)).isEmpty();
  }

  private void retry(int times, long seq, long inProgress) {
    for (int i = 0; i < times; i++) {
      story.by(one).point(FAULT_RETRY, 2, seq, seq, inProgress).by(two).op(Op.READ_ONCE, word);
    }
  }

  @Test
  void findsAFaultThatIsRetriedForNothing() {
    retry(40, 5, 0);
    assertThat(story.quiet()).containsExactly(
        "livelock: fault on gfn 0x2 is retried 33 times with no invalidation in progress");
  }

  @Test
  void acceptsRetriesWhileTheSequenceMoves() {
    for (int seq = 0; seq < 40; seq++) {
      retry(1, seq, 0);
    }
    assertThat(story.quiet()).isEmpty();
  }

  @Test
  void acceptsRetriesWhileTheOtherTaskStandsStill() {
    for (int i = 0; i < 100; i++) {
      story.by(one).point(FAULT_RETRY, 2, 5, 5, 0);
    }
    assertThat(story.quiet()).isEmpty();
  }

  @Test
  void findsRetriesWhileTheOtherTaskCannotMove() {
    story.by(one).op(Op.SRCU_READ_LOCK, srcu).by(two).op(Op.SRCU_GP_START, srcu);
    blocked(srcu, Op.SRCU_GP_END);
    for (int i = 0; i < 33; i++) {
      story.by(one).op(Op.RETRYING, 0);
    }
    assertThat(story.ends(Ending.BOUND)).singleElement().satisfies(finding -> {
      assertThat(finding.what())
          .isEqualTo("livelock: vcpu0 retries 33 times with no invalidation in progress; ioctl waits for vcpu0");
      assertThat(finding.evidence()).containsExactly(new Evidence(35, "last retry"), new Evidence(3, "first retry"),
          new Evidence(2, "waits for readers of kvm->srcu"), new Evidence(0, "takes kvm->srcu"));
      assertThat(finding.notes()).contains("ioctl waits for readers of kvm->srcu; holds nothing");
    });
  }

  @Test
  void acceptsRetriesDuringAnInvalidation() {
    story.by(two).point(INVALIDATE_BEGIN, 1);
    retry(40, 5, 1);
    assertThat(story.quiet()).isEmpty();
  }

  @Test
  void findsRetriesForAnInvalidationThatNobodyIsIn() {
    story.by(two).point(INVALIDATE_BEGIN, 1).point(NOTIFIER_END, 0, 1);
    retry(40, 5, 1);
    assertThat(story.quiet()).containsExactly(
        "livelock: fault on gfn 0x2 is retried 33 times for an invalidation that nobody is in");
  }

  @Test
  void progressInBetweenEndsAStreak() {
    for (int i = 0; i < 4; i++) {
      retry(20, 5, 0);
      story.by(one).point(GUEST_ACCESS_DONE, 0, 2, 0, 0);
    }
    story.by(two).point(INVALIDATE_END, 6, 0);
    assertThat(story.quiet()).isEmpty();
  }

  private void yields(int times, long gfn) {
    for (int i = 0; i < times; i++) {
      story.by(one).point(TDP_YIELD, gfn).by(two).point(TDP_YIELD, gfn);
    }
  }

  @Test
  void findsTwoWalksThatGiveWayToEachOtherAtOnePageThoughBothInvalidate() {
    story.by(one).point(INVALIDATE_BEGIN, 1).by(two).point(INVALIDATE_BEGIN, 2);
    yields(33, 4);
    assertThat(story.quiet()).containsExactly(
        "livelock: the walk of vcpu0 lets go of mmu_lock 33 times before gfn 0x4");
  }

  @Test
  void acceptsWalksThatGetOnBetweenGivingWay() {
    for (int gfn = 0; gfn < 40; gfn++) {
      yields(1, gfn);
    }
    assertThat(story.quiet()).isEmpty();
  }
}
