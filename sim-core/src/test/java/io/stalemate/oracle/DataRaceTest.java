package io.stalemate.oracle;

import static org.assertj.core.api.Assertions.assertThat;

import io.stalemate.trace.ObjectKind;
import io.stalemate.trace.Op;
import org.junit.jupiter.api.Test;

class DataRaceTest {

  private final Story story = new Story(new DataRace());
  private final int one = story.task("vcpu0");
  private final int two = story.task("host");
  private final int three = story.task("ksm");
  private final int x = story.word("kvm->x");
  private final int flag = story.word("flag");
  private final int spin = story.object(ObjectKind.SPINLOCK, "mmu_lock");
  private final int rw = story.object(ObjectKind.RWLOCK, "rw");
  private final int srcu = story.object(ObjectKind.SRCU, "srcu");
  private final int done = story.object(ObjectKind.COMPLETION, "done");
  private final int cpu = story.object(ObjectKind.CPU, "cpu");

  private void races(String first, String second) {
    assertThat(story.quiet()).containsExactly("data race on kvm->x: " + first + " and " + second);
  }

  private void ordered() {
    assertThat(story.quiet()).isEmpty();
  }

  @Test
  void plainStoreAndPlainLoadRace() {
    story.by(one).op(Op.WRITE, x, 1).by(two).op(Op.READ, x, 1);
    races("plain store", "plain load");
  }

  @Test
  void plainLoadAndMarkedStoreRace() {
    story.by(one).op(Op.READ, x, 0).by(two).op(Op.WRITE_ONCE, x, 1);
    races("plain load", "WRITE_ONCE");
  }

  @Test
  void plainStoresRace() {
    story.by(one).op(Op.WRITE, x, 1).by(two).op(Op.WRITE, x, 2);
    races("plain store", "plain store");
  }

  @Test
  void plainStoresCountAsAtomicAgainstMarkedAccesses() {
    story.by(one).op(Op.WRITE, x, 1).by(two).op(Op.READ_ONCE, x, 1).op(Op.WRITE_ONCE, x, 2).by(three)
        .op(Op.FETCH_ADD, x, 2, 3);
    ordered();
  }

  @Test
  void bootComesBeforeEverything() {
    story.op(Op.WRITE, x, 1).by(two).op(Op.READ, x, 1);
    ordered();
  }

  @Test
  void locksOrder() {
    story.by(one).op(Op.SPIN_LOCK, spin).op(Op.WRITE, x, 1).op(Op.SPIN_UNLOCK, spin)
        .by(two).op(Op.SPIN_TRYLOCK, spin, 1).op(Op.READ, x, 1);
    ordered();
  }

  @Test
  void aTrylockThatFailsDoesNotOrder() {
    story.by(one).op(Op.SPIN_LOCK, spin).op(Op.WRITE, x, 1).op(Op.SPIN_UNLOCK, spin)
        .by(two).op(Op.SPIN_TRYLOCK, spin, 0).op(Op.READ, x, 1);
    races("plain store", "plain load");
  }

  @Test
  void readersDoNotOrderEachOther() {
    story.by(one).op(Op.READ_LOCK, rw).op(Op.WRITE, x, 1).op(Op.READ_UNLOCK, rw)
        .by(two).op(Op.READ_LOCK, rw).op(Op.READ, x, 1);
    races("plain store", "plain load");
  }

  @Test
  void aWriterComesAfterAllReaders() {
    story.by(one).op(Op.READ_LOCK, rw).op(Op.READ, x, 1).op(Op.READ_UNLOCK, rw)
        .by(two).op(Op.READ_LOCK, rw).op(Op.READ, x, 1).op(Op.READ_UNLOCK, rw)
        .by(three).op(Op.WRITE_LOCK, rw).op(Op.WRITE, x, 1);
    ordered();
  }

  @Test
  void releaseAndAcquireOrder() {
    story.by(one).op(Op.WRITE, x, 1).op(Op.STORE_RELEASE, flag, 1).by(two).op(Op.LOAD_ACQUIRE, flag, 1)
        .op(Op.READ, x, 1);
    ordered();
  }

  @Test
  void aMarkedLoadAloneDoesNotAcquire() {
    story.by(one).op(Op.WRITE, x, 1).op(Op.STORE_RELEASE, flag, 1).by(two).op(Op.READ_ONCE, flag, 1).op(Op.READ, x, 1);
    races("plain store", "plain load");
  }

  @Test
  void aMarkedLoadInAReadSectionIsADereference() {
    story.by(one).op(Op.WRITE, x, 1).op(Op.STORE_RELEASE, flag, 1)
        .by(two).op(Op.SRCU_READ_LOCK, srcu).op(Op.READ_ONCE, flag, 1).op(Op.READ, x, 1);
    ordered();
  }

  @Test
  void fencesOrderMarkedAccesses() {
    story.by(one).op(Op.WRITE, x, 1).op(Op.SMP_WMB, 0).op(Op.WRITE_ONCE, flag, 1)
        .by(two).op(Op.READ_ONCE, flag, 1).op(Op.SMP_RMB, 0).op(Op.READ, x, 1);
    ordered();
  }

  @Test
  void oneFenceIsNotEnough() {
    story.by(one).op(Op.WRITE, x, 1).op(Op.WRITE_ONCE, flag, 1)
        .by(two).op(Op.READ_ONCE, flag, 1).op(Op.SMP_RMB, 0).op(Op.READ, x, 1);
    races("plain store", "plain load");
  }

  @Test
  void aGracePeriodComesAfterItsReaders() {
    story.by(one).op(Op.SRCU_READ_LOCK, srcu).op(Op.READ, x, 1).op(Op.SRCU_READ_UNLOCK, srcu)
        .by(two).op(Op.SRCU_GP_START, srcu).op(Op.SRCU_GP_END, srcu).op(Op.WRITE, x, 2);
    ordered();
  }

  @Test
  void completionsOrder() {
    story.by(one).op(Op.WRITE, x, 1).op(Op.COMPLETE, done).by(two).op(Op.WAIT_COMPLETION, done).op(Op.READ, x, 1);
    ordered();
  }

  @Test
  void wakeUpsOrderWhatFollowsTheSleep() {
    story.by(one).op(Op.WRITE, x, 1).op(Op.WAKE_UP, flag, 1L << two).by(two).op(Op.SCHEDULE, 0).op(Op.READ, x, 1);
    ordered();
  }

  @Test
  void interruptsOrder() {
    story.by(one).op(Op.WRITE, x, 1).op(Op.IPI_SEND, cpu, 0).by(two).op(Op.IPI_TAKE, cpu, 0).op(Op.READ, x, 1);
    ordered();
  }

  @Test
  void waitingForAnInterruptOrders() {
    story.by(one).op(Op.IPI_SEND, cpu, 0).by(two).op(Op.READ, x, 1).op(Op.IPI_TAKE, cpu, 0)
        .by(one).op(Op.IPI_WAIT, cpu, 0).op(Op.WRITE, x, 2);
    ordered();
  }

  @Test
  void aFailedCmpxchgStoresNothing() {
    story.by(one).op(Op.READ, x, 0).by(two).op(Op.CMPXCHG, x, 1, 1, 0);
    ordered();
  }

  @Test
  void namesBothAccessesAndTheirValues() {
    story.by(one).op(Op.WRITE, x, 1).by(two).op(Op.READ, x, 1);
    assertThat(story.ends(Ending.BOUND)).singleElement().satisfies(finding -> {
      assertThat(finding.evidence())
          .containsExactly(new Evidence(1, "plain load of kvm->x"), new Evidence(0, "plain store of kvm->x"));
      assertThat(finding.notes()).containsExactly("value: 0x1 and 0x1");
    });
  }
}
