package io.stalemate.sim;

import static org.assertj.core.api.Assertions.assertThat;

import io.stalemate.machine.RwSemaphore;
import io.stalemate.machine.Rwlock;
import io.stalemate.machine.Spinlock;
import io.stalemate.oracle.Ending;
import io.stalemate.strategy.DepthFirst;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class LocksTest {

  @ParameterizedTest
  @CsvSource({"SPIN", "MUTEX"})
  void anExclusiveLockAdmitsOneHolder(String kind) {
    int lock = kind.equals("SPIN") ? Code.SPIN_LOCK : Code.MUTEX_LOCK;
    int unlock = kind.equals("SPIN") ? Code.SPIN_UNLOCK : Code.MUTEX_UNLOCK;
    ExclusiveLockState state = new ExclusiveLockState();
    assertThat(state.isFree()).isTrue();
    state.perform(3, lock);
    assertThat(state.isFree()).isFalse();
    assertThat(state.admits(3, lock)).as("recursion").isFalse();
    assertThat(state.admits(4, lock)).isFalse();
    assertThat(state.admits(4, unlock)).as("an unlock never waits").isTrue();
    state.perform(4, unlock);
    assertThat(state.isFree()).as("another task's unlock changes nothing").isFalse();
    state.perform(3, unlock);
    assertThat(state.admits(4, lock)).isTrue();
  }

  @ParameterizedTest
  @CsvSource({"READ_LOCK", "DOWN_READ"})
  void aQueuedWriterKeepsNewReadersOutAndGoesFirst(String kind) {
    boolean spinning = kind.equals("READ_LOCK");
    int read = spinning ? Code.READ_LOCK : Code.DOWN_READ;
    int readUnlock = spinning ? Code.READ_UNLOCK : Code.UP_READ;
    int queue = spinning ? Code.WRITE_LOCK_QUEUED : Code.DOWN_WRITE_QUEUED;
    int write = spinning ? Code.WRITE_LOCK : Code.DOWN_WRITE;
    int writeUnlock = spinning ? Code.WRITE_UNLOCK : Code.UP_WRITE;
    SharedLockState state = new SharedLockState();
    state.perform(0, read);
    state.perform(1, read);
    assertThat(state.admits(2, read)).as("readers share").isTrue();
    assertThat(state.admits(2, write)).isFalse();
    state.perform(2, queue);
    assertThat(state.isContended()).isTrue();
    assertThat(state.admits(3, read)).as("a new reader").isFalse();
    assertThat(state.admits(0, read)).as("a nested reader").isFalse();
    state.perform(0, readUnlock);
    assertThat(state.admits(2, write)).as("one reader is left").isFalse();
    state.perform(1, readUnlock);
    assertThat(state.admits(3, read)).as("the writer goes first").isFalse();
    assertThat(state.admits(2, write)).isTrue();
    state.perform(2, write);
    assertThat(state.admits(3, read)).isFalse();
    assertThat(state.admits(3, write)).isFalse();
    state.perform(3, writeUnlock);
    assertThat(state.admits(3, read)).as("another task's unlock changes nothing").isFalse();
    state.perform(2, writeUnlock);
    assertThat(state.admits(3, read)).isTrue();
    assertThat(state.admits(3, write)).isTrue();
  }

  @Test
  void aReaderHoldsTheLockUntilItsLastNestedUnlock() {
    SharedLockState state = new SharedLockState();
    state.perform(0, Code.READ_LOCK);
    state.perform(0, Code.READ_LOCK);
    state.perform(0, Code.READ_UNLOCK);
    assertThat(state.admits(1, Code.WRITE_LOCK)).isFalse();
    state.perform(0, Code.READ_UNLOCK);
    assertThat(state.admits(1, Code.WRITE_LOCK)).isTrue();
    state.perform(0, Code.READ_UNLOCK);
    state.perform(0, Code.READ_LOCK);
    assertThat(state.admits(1, Code.WRITE_LOCK)).as("a surplus unlock leaves no debt").isFalse();
  }

  @Test
  void aLockThatIsGivenOutAgainIsFree() {
    SharedLockState shared = new SharedLockState();
    shared.perform(0, Code.READ_LOCK);
    shared.perform(0, Code.READ_LOCK);
    shared.perform(1, Code.WRITE_LOCK_QUEUED);
    shared.reset();
    assertThat(shared.admits(2, Code.READ_LOCK)).isTrue();
    shared.perform(0, Code.READ_LOCK);
    shared.perform(0, Code.READ_UNLOCK);
    assertThat(shared.admits(2, Code.WRITE_LOCK)).isTrue();
    ExclusiveLockState exclusive = new ExclusiveLockState();
    exclusive.perform(0, Code.SPIN_LOCK);
    exclusive.reset();
    assertThat(exclusive.isFree()).isTrue();
  }

  @Test
  void aTrylockNeverWaitsAndTellsTheTruth() {
    Map<String, Integer> outcomes = new TreeMap<>();
    boolean[] taken = new boolean[2];
    DepthFirst.everySchedule(world -> {
      Spinlock lock = world.machine().spinlock("mmu_lock");
      for (int task = 0; task < 2; task++) {
        int me = task;
        world.addTask("t" + task, Role.HOST_MM, () -> {
          taken[me] = lock.trylock();
          if (taken[me]) {
            lock.unlock();
          }
        });
      }
    }, (world, ending) -> outcomes.merge(ending + " " + taken[0] + " " + taken[1], 1, Integer::sum));
    // The other task comes before, within or after the first one's section.
    assertThat(outcomes).isEqualTo(new TreeMap<>(Map.of(
        "QUIESCENT true true", 2, "QUIESCENT true false", 1, "QUIESCENT false true", 1)));
  }

  @Test
  void nestedReadersDeadlockWithAWriterThatQueuesBetweenThem() {
    int[] endings = DepthFirst.endings(world -> {
      Rwlock lock = world.machine().rwlock("mmu_lock");
      world.addTask("reader", Role.VCPU, () -> {
        lock.readLock();
        lock.readLock();
        lock.readUnlock();
        lock.readUnlock();
      });
      world.addTask("writer", Role.HOST_MM, () -> {
        lock.writeLock();
        lock.writeUnlock();
      });
    });
    // The writer's first step falls before, between or after the reader's four; only between the two locks is deadly.
    assertThat(endings[Ending.DEADLOCK.ordinal()]).isEqualTo(1);
    assertThat(endings[Ending.BOUND.ordinal()]).isZero();
    assertThat(endings[Ending.QUIESCENT.ordinal()]).isPositive();
  }

  @Test
  void selfRecursionDeadlocksUnderEverySchedule() {
    int[] endings = DepthFirst.endings(world -> {
      Spinlock lock = world.machine().spinlock("mmu_lock");
      world.addTask("t", Role.VCPU, () -> {
        lock.lock();
        lock.lock();
      });
    });
    assertThat(endings).containsExactly(0, 1, 0);
  }

  @Test
  void twoLocksInOppositeOrderDeadlockUnderSomeSchedulesOnly() {
    int[] endings = DepthFirst.endings(world -> {
      Spinlock a = world.machine().spinlock("a");
      Spinlock b = world.machine().spinlock("b");
      world.addTask("ab", Role.VCPU, () -> both(a, b));
      world.addTask("ba", Role.VCPU, () -> both(b, a));
    });
    // One order for each task alone, and the two ways to take both first locks before either second one.
    assertThat(endings[Ending.DEADLOCK.ordinal()]).isEqualTo(2);
    assertThat(endings[Ending.QUIESCENT.ordinal()]).isPositive();
    assertThat(endings[Ending.BOUND.ordinal()]).isZero();
  }

  private static void both(Spinlock first, Spinlock second) {
    first.lock();
    second.lock();
    second.unlock();
    first.unlock();
  }

  @Test
  void downReadTrylockFailsWhileAWriterHoldsOrWaits() {
    World world = DirectEngine.world();
    world.begin(WorldOptions.of(1));
    RwSemaphore semaphore = world.machine().rwSemaphore("mmap_lock");
    semaphore.downWrite();
    assertThat(semaphore.downReadTrylock()).isFalse();
    semaphore.upWrite();
    assertThat(semaphore.downReadTrylock()).isTrue();
    assertThat(semaphore.downReadTrylock()).isTrue();
  }
}
