package io.stalemate.sim;

import static org.assertj.core.api.Assertions.assertThat;

import io.stalemate.machine.Srcu;
import io.stalemate.machine.Word;
import io.stalemate.oracle.Ending;
import io.stalemate.strategy.DepthFirst;
import io.stalemate.strategy.RandomWalk;
import io.stalemate.trace.Op;
import io.stalemate.trace.Trace;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** SRCU and RCU. */
final class GracePeriodsTest {

  @Test
  void aGracePeriodWaitsForExactlyTheSectionsOpenAtItsStart() {
    SrcuState state = new SrcuState();
    state.readLock(0);
    state.readLock(1);
    state.graceStart(5);
    state.readLock(2);
    assertThat(state.admits(5, Code.SRCU_GP_END)).isFalse();
    state.readUnlock(0);
    assertThat(state.admits(5, Code.SRCU_GP_END)).isFalse();
    state.readLock(0);
    state.readUnlock(1);
    assertThat(state.admits(5, Code.SRCU_GP_END)).as("tasks 0 and 2 began later").isTrue();
    state.graceEnd(5);
    state.graceStart(5);
    assertThat(state.admits(5, Code.SRCU_GP_END)).as("the next one waits for them").isFalse();
  }

  @Test
  void aNestedSectionEndsWithItsOutermostUnlock() {
    SrcuState state = new SrcuState();
    state.readLock(0);
    state.readLock(0);
    state.graceStart(1);
    state.readUnlock(0);
    assertThat(state.admits(1, Code.SRCU_GP_END)).isFalse();
    state.readUnlock(0);
    assertThat(state.admits(1, Code.SRCU_GP_END)).isTrue();
    assertThat(state.readers()).isZero();
  }

  @Test
  void gracePeriodsOfTwoUpdatersAreKeptApart() {
    SrcuState state = new SrcuState();
    state.readLock(0);
    state.graceStart(1);
    state.readLock(2);
    state.graceStart(3);
    state.readUnlock(0);
    assertThat(state.admits(1, Code.SRCU_GP_END)).isTrue();
    assertThat(state.admits(3, Code.SRCU_GP_END)).isFalse();
    state.readUnlock(2);
    assertThat(state.admits(3, Code.SRCU_GP_END)).isTrue();
  }

  @Test
  void aReaderNeverSeesWhatIsFreedAfterTheGracePeriod() {
    int[] found = new int[1];
    int[] endings = DepthFirst.endings(world -> {
      Srcu srcu = world.machine().srcu("kvm->srcu");
      Word pointer = world.machine().word("slots", 1);
      Word freed = world.machine().word("freed", 0);
      world.addTask("reader", Role.VCPU, () -> {
        int index = srcu.readLock();
        long seen = pointer.loadAcquire();
        if (seen == 1 && freed.readOnce() != 0) {
          found[0]++;
        }
        srcu.readUnlock(index);
      });
      world.addTask("updater", Role.MEMSLOT, () -> {
        pointer.storeRelease(2);
        srcu.synchronize();
        freed.writeOnce(1);
      });
    });
    assertThat(found[0]).isZero();
    assertThat(endings[Ending.QUIESCENT.ordinal()]).isGreaterThan(10);
    assertThat(endings[Ending.DEADLOCK.ordinal()]).isZero();
  }

  @Test
  void aReaderThatSynchronizesWaitsForItself() {
    int[] endings = DepthFirst.endings(world -> {
      Srcu srcu = world.machine().srcu("kvm->srcu");
      world.addTask("t", Role.MEMSLOT, () -> {
        int index = srcu.readLock();
        srcu.synchronize();
        srcu.readUnlock(index);
      });
    });
    assertThat(endings).containsExactly(0, 1, 0);
  }

  @Test
  void callbacksRunInOrderOnceTheSectionsOpenAtTheCallHaveEnded() {
    List<String> done = new ArrayList<>();
    DepthFirst.everySchedule(world -> {
      done.clear();
      Word word = world.machine().word("w", 0);
      world.machine().rcu();
      world.addTask("caller", Role.HOST_MM, () -> {
        world.machine().rcu().call(() -> done.add("first"));
        world.machine().rcu().call(() -> done.add("second"));
      });
      world.addTask("reader", Role.VCPU, () -> {
        world.machine().rcu().readLock();
        word.readOnce();
        world.machine().rcu().readUnlock();
      });
    }, (world, ending) -> {
      assertThat(ending).isEqualTo(Ending.QUIESCENT);
      assertThat(done).containsExactly("first", "second");
      assertCallbacksWaited(world.trace());
    });
  }

  private static void assertCallbacksWaited(Trace trace) {
    List<Long> owed = new ArrayList<>();
    for (int event = 0; event < trace.size(); event++) {
      if (trace.op(event) == Op.RCU_CALL) {
        owed.add(trace.a(event));
      } else if (trace.op(event) == Op.RCU_READ_UNLOCK) {
        long left = ~(1L << trace.task(event));
        owed.replaceAll(readers -> readers & left);
      } else if (trace.op(event) == Op.RCU_CALLBACK) {
        assertThat(owed.removeFirst()).isZero();
      }
    }
  }

  @Test
  void theCallbackTaskAloneDoesNotKeepARunFromEnding() {
    World world = DirectEngine.world();
    world.begin(WorldOptions.of(1));
    world.machine().rcu();
    world.addTask("t", Role.HOST_MM, () -> world.machine().smpMb());
    assertThat(world.run(new RandomWalk(), 1, 100)).isEqualTo(Ending.QUIESCENT);
    assertThat(world.tasks()).isEqualTo(2);
    assertThat(world.trace().tasks()).containsExactly("t", "rcu");
  }

  @Test
  void aTaskThatWaitsForeverIsADeadlockThoughTheCallbackTaskIsThere() {
    int[] endings = DepthFirst.endings(world -> {
      world.machine().rcu();
      world.addTask("t", Role.HOST_MM, world.machine().completion("never")::waitFor);
    });
    assertThat(endings).containsExactly(0, 1, 0);
  }
}
