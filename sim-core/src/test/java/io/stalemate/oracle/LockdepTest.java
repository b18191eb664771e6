package io.stalemate.oracle;

import static org.assertj.core.api.Assertions.assertThat;

import io.stalemate.trace.ObjectKind;
import io.stalemate.trace.Op;
import io.stalemate.trace.Trace;
import java.util.List;
import org.junit.jupiter.api.Test;

class LockdepTest {

  private final Story story = new Story(new Lockdep());
  private final int one = story.task("vcpu0");
  private final int two = story.task("ioctl");
  private final int a = story.object(ObjectKind.MUTEX, "slots_lock");
  private final int b = story.object(ObjectKind.MUTEX, "config_lock");
  private final int spin = story.object(ObjectKind.SPINLOCK, "mmu_lock");
  private final int rw = story.object(ObjectKind.RWLOCK, "rw_lock");
  private final int sem = story.object(ObjectKind.RWSEM, "mmap_lock");
  private final int srcu = story.object(ObjectKind.SRCU, "kvm->srcu");
  private final int rcu = story.object(ObjectKind.RCU, "rcu");
  private final int map = story.object(ObjectKind.LOCKDEP_MAP, "mn_active");

  private Story both(int task, int first, int second) {
    return story.by(task).op(Op.MUTEX_LOCK, first).op(Op.MUTEX_LOCK, second)
        .op(Op.MUTEX_UNLOCK, second).op(Op.MUTEX_UNLOCK, first);
  }

  private void finds(String what) {
    assertThat(story.quiet()).containsExactly(what);
  }

  private void findsNothing() {
    assertThat(story.quiet()).isEmpty();
  }

  @Test
  void acceptsOneOrder() {
    both(one, a, b);
    both(two, a, b);
    findsNothing();
  }

  @Test
  void rejectsTwoOrders() {
    both(one, a, b);
    both(two, b, a);
    finds("possible deadlock: config_lock -> slots_lock -> config_lock");
  }

  @Test
  void namesAllEventsOfACycleOfThree() {
    both(one, a, b);
    story.by(one).op(Op.MUTEX_LOCK, b).op(Op.DOWN_READ, sem).op(Op.UP_READ, sem).op(Op.MUTEX_UNLOCK, b)
        .by(two).op(Op.DOWN_WRITE, sem).op(Op.BLOCKED, a, Op.MUTEX_LOCK.ordinal());
    assertThat(story.ends(Ending.DEADLOCK)).singleElement().satisfies(finding -> {
      assertThat(finding.what())
          .isEqualTo("possible deadlock: mmap_lock -> slots_lock -> config_lock -> mmap_lock");
      assertThat(finding.evidence()).containsExactly(
          new Evidence(9, "wants slots_lock while holding mmap_lock"),
          new Evidence(1, "wants config_lock while holding slots_lock"),
          new Evidence(5, "wants mmap_lock while holding config_lock"),
          new Evidence(8, "takes mmap_lock(write)"),
          new Evidence(0, "takes slots_lock"),
          new Evidence(4, "takes config_lock"));
    });
  }

  @Test
  void rejectsAReaderWhoseLockIsHeldOverItsGracePeriod() {
    story.by(one).op(Op.SRCU_READ_LOCK, srcu).op(Op.MUTEX_LOCK, a).op(Op.MUTEX_UNLOCK, a).op(Op.SRCU_READ_UNLOCK, srcu)
        .by(two).op(Op.MUTEX_LOCK, a).op(Op.SRCU_GP_START, srcu).op(Op.SRCU_GP_END, srcu).op(Op.MUTEX_UNLOCK, a);
    finds("possible deadlock: slots_lock -> kvm->srcu -> slots_lock");
  }

  @Test
  void acceptsReadersInsideAndOutsideALock() {
    story.by(one).op(Op.SRCU_READ_LOCK, srcu).op(Op.MUTEX_LOCK, a).op(Op.MUTEX_UNLOCK, a).op(Op.SRCU_READ_UNLOCK, srcu)
        .by(two).op(Op.MUTEX_LOCK, a).op(Op.SRCU_READ_LOCK, srcu).op(Op.SRCU_READ_UNLOCK, srcu).op(Op.MUTEX_UNLOCK, a);
    findsNothing();
  }

  @Test
  void rejectsAGracePeriodInsideItsOwnSection() {
    story.by(one).op(Op.SRCU_READ_LOCK, srcu).op(Op.SRCU_GP_START, srcu);
    finds("a reader of kvm->srcu waits for its own grace period");
  }

  @Test
  void acceptsNestedSections() {
    story.by(one).op(Op.SRCU_READ_LOCK, srcu).op(Op.SRCU_READ_LOCK, srcu).op(Op.SRCU_READ_UNLOCK, srcu)
        .op(Op.SRCU_READ_UNLOCK, srcu).op(Op.TASK_END, 0);
    findsNothing();
  }

  @Test
  void rejectsAWaitForWhoeverNeedsTheWaitersLock() {
    story.by(one).op(Op.LOCKDEP_ACQUIRE, map).op(Op.MUTEX_LOCK, a).op(Op.MUTEX_UNLOCK, a).op(Op.LOCKDEP_RELEASE, map)
        .by(two).op(Op.MUTEX_LOCK, a).op(Op.LOCKDEP_WAIT, map).op(Op.MUTEX_UNLOCK, a);
    finds("possible deadlock: slots_lock -> mn_active -> slots_lock");
  }

  @Test
  void rejectsRecursionThatBlocks() {
    story.by(one).op(Op.SPIN_LOCK, spin).op(Op.BLOCKED, spin, Op.SPIN_LOCK.ordinal());
    assertThat(story.ends(Ending.DEADLOCK)).extracting(Finding::what)
        .containsExactly("mmu_lock is taken again by the task that holds it");
  }

  @Test
  void rejectsASecondReaderOfAQueuedLock() {
    story.by(one).op(Op.READ_LOCK, rw).op(Op.READ_LOCK, rw);
    finds("rw_lock is taken again by the task that holds it");
  }

  @Test
  void rejectsUnlockByANonOwner() {
    story.by(one).op(Op.MUTEX_LOCK, a).by(two).op(Op.MUTEX_UNLOCK, a);
    finds("slots_lock is let go of by a task that does not hold it");
  }

  @Test
  void rejectsTheWrongUnlock() {
    story.by(one).op(Op.READ_LOCK, rw).op(Op.WRITE_UNLOCK, rw);
    finds("rw_lock is let go of by a task that does not hold it so");
  }

  @Test
  void acceptsATrylockAgainstTheOrder() {
    both(one, a, b);
    story.by(two).op(Op.MUTEX_LOCK, b).op(Op.MUTEX_TRYLOCK, a, 1).op(Op.MUTEX_UNLOCK, a).op(Op.MUTEX_UNLOCK, b)
        .op(Op.MUTEX_TRYLOCK, a, 0).op(Op.TASK_END, 0);
    findsNothing();
  }

  @Test
  void holdsAssertionsToTheMode() {
    story.by(one).op(Op.READ_LOCK, rw).op(Op.ASSERT_HELD, rw, 0).op(Op.ASSERT_HELD, rw, 2);
    assertThat(story.ends(Ending.BOUND)).isEmpty();
    story.op(Op.ASSERT_HELD, rw, 1);
    finds("rw_lock is not held for writing where it must be");
  }

  @Test
  void rejectsAnAssertionWithoutTheSection() {
    story.by(one).op(Op.ASSERT_HELD, srcu, 2);
    finds("kvm->srcu is not held for reading where it must be");
  }

  @Test
  void rejectsSleepingUnderASpinlock() {
    story.by(one).op(Op.SPIN_LOCK, spin).op(Op.MUTEX_LOCK, a);
    finds("sleeping in atomic context: mutex_lock");
  }

  @Test
  void rejectsSleepingWithPreemptionOrInterruptsOff() {
    story.by(one).op(Op.PREEMPT_OFF, 0).op(Op.PREEMPT_OFF, 0).op(Op.PREEMPT_ON, 0).op(Op.MIGHT_SLEEP, 0);
    finds("sleeping in atomic context: might_sleep");
  }

  @Test
  void rejectsSleepingWithInterruptsOff() {
    story.by(one).op(Op.IRQS, 0, 1, 0).op(Op.SCHEDULE, 0);
    finds("sleeping in atomic context: schedule");
  }

  @Test
  void rejectsSleepingInAnRcuSectionAndAcceptsItInAnSrcuSection() {
    story.by(one).op(Op.SRCU_READ_LOCK, srcu).op(Op.DOWN_READ, sem).op(Op.UP_READ, sem);
    assertThat(story.ends(Ending.BOUND)).isEmpty();
    story.op(Op.RCU_READ_LOCK, rcu).op(Op.BLOCKED, sem, Op.DOWN_READ.ordinal());
    finds("sleeping in atomic context: down_read");
  }

  @Test
  void acceptsSleepingAfterwards() {
    story.by(one).op(Op.SPIN_LOCK, spin).op(Op.PREEMPT_OFF, 0).op(Op.IRQS, 0, 1, 0).op(Op.IRQS, 0, 0, 0)
        .op(Op.PREEMPT_ON, 0).op(Op.SPIN_UNLOCK, spin).op(Op.SCHEDULE, 0);
    findsNothing();
  }

  @Test
  void rejectsATaskThatEndsWithALock() {
    story.by(one).op(Op.DOWN_READ, sem).op(Op.TASK_END, 0);
    finds("a task ends holding mmap_lock(read)");
  }

  @Test
  void forgetsTheRunBefore() {
    Lockdep lockdep = new Lockdep();
    OracleSet set = new OracleSet(List.of(lockdep));
    for (int run = 0; run < 2; run++) {
      Trace trace = new Trace();
      int x = trace.objects().add(ObjectKind.MUTEX, run == 0 ? "x" : "y");
      int y = trace.objects().add(ObjectKind.MUTEX, run == 0 ? "y" : "x");
      trace.append(Op.MUTEX_LOCK.ordinal(), 0, x, 0, 0, 0, 0);
      trace.append(Op.MUTEX_LOCK.ordinal(), 0, y, 0, 0, 0, 0);
      set.begin(trace);
      assertThat(set.findings()).isEmpty();
    }
  }
}
