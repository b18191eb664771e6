package io.stalemate.sim;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.stalemate.machine.Completion;
import io.stalemate.machine.Spinlock;
import io.stalemate.machine.Word;
import io.stalemate.oracle.Ending;
import io.stalemate.strategy.RandomWalk;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What a world does at the ends of runs, good and bad ones, and that nothing of them is left. */
final class WorldTest {

  private final World world = DirectEngine.world();

  private long mixedHash(long seed) {
    world.begin(WorldOptions.of(2));
    MixedProgram.build(world);
    assertThat(world.run(new RandomWalk(), seed, 2_000)).isEqualTo(Ending.QUIESCENT);
    return world.trace().hash();
  }

  private Ending spin(int stepsMax) {
    world.begin(WorldOptions.of(1));
    Word flag = world.machine().word("flag", 0);
    for (int task = 0; task < 2; task++) {
      world.addTask("t" + task, Role.VCPU, () -> {
        while (flag.readOnce() == 0) {
          world.machine().retrying();
        }
      });
    }
    return world.run(new RandomWalk(), 3, stepsMax);
  }

  @Test
  void aRunEndsAtItsBoundOnSteps() {
    assertThat(spin(77)).isEqualTo(Ending.BOUND);
    assertThat(world.steps()).isEqualTo(77);
    assertThat(world.trace().size()).isEqualTo(77);
  }

  @Test
  void aRunLeftInTheMiddleLeavesNothingBehind() {
    long alone = mixedHash(5);
    for (int i = 1; i < 60; i++) {
      assertThat(spin(i)).isEqualTo(Ending.BOUND);
      assertThat(mixedHash(5)).isEqualTo(alone);
    }
  }

  @Test
  void aDeadlockWithLocksHeldLeavesNothingBehind() {
    long alone = mixedHash(6);
    for (int i = 0; i < 20; i++) {
      world.begin(WorldOptions.of(2));
      Spinlock lock = world.machine().spinlock("mmu_lock");
      Completion never = world.machine().completion("never");
      world.addTask("t", Role.VCPU, () -> {
        lock.lock();
        never.waitFor();
      });
      world.addTask("u", Role.VCPU, lock::lock);
      assertThat(world.run(new RandomWalk(), i, 100)).isEqualTo(Ending.DEADLOCK);
      assertThat(mixedHash(6)).isEqualTo(alone);
    }
  }

  @Test
  void anExceptionInKernelTextIsAFaultWithItsCauseAndTheWorldIsUsableAfterwards() {
    long alone = mixedHash(7);
    IllegalStateException planted = new IllegalStateException("planted");
    for (int step = 0; step < 4; step++) {
      int failing = step;
      world.begin(WorldOptions.of(1));
      Spinlock lock = world.machine().spinlock("mmu_lock");
      for (int task = 0; task < 2; task++) {
        world.addTask("t" + task, Role.VCPU, () -> {
          for (int i = 0; i < 4; i++) {
            lock.lock();
            if (i == failing) {
              throw planted;
            }
            lock.unlock();
          }
        });
      }
      assertThatThrownBy(() -> world.run(new RandomWalk(), failing, 100))
          .isInstanceOf(WorldFault.class)
          .hasMessageStartingWith("kernel text failed at step ")
          .hasMessageEndingWith(planted.toString())
          .hasCause(planted);
      assertThat(mixedHash(7)).isEqualTo(alone);
    }
  }

  @Test
  void anExceptionBeforeTheFirstOperationIsAFaultToo() {
    world.begin(WorldOptions.of(1));
    world.addTask("t", Role.VCPU, () -> {
      throw new ArithmeticException("at once");
    });
    assertThatThrownBy(() -> world.run(new RandomWalk(), 0, 100))
        .isInstanceOf(WorldFault.class).hasMessage(
            "kernel text failed at step 0: java.lang.ArithmeticException: at once");
  }

  @Test
  void aTaskWithoutOperationsEndsWithoutAStep() {
    world.begin(WorldOptions.of(1));
    world.addTask("t", Role.VCPU, () -> {});
    assertThat(world.run(new RandomWalk(), 0, 100)).isEqualTo(Ending.QUIESCENT);
    assertThat(world.steps()).isZero();
  }

  @Test
  void theBootTaskCannotWait() {
    world.begin(WorldOptions.of(1));
    Spinlock lock = world.machine().spinlock("mmu_lock");
    lock.lock();
    assertThatThrownBy(lock::lock).isInstanceOf(WorldFault.class).hasMessage("boot would wait for mmu_lock");
  }

  @Test
  void oneTaskTooManyIsAFault() {
    world.begin(WorldOptions.of(1));
    for (int task = 0; task < 61; task++) {
      world.addTask("t" + task, Role.VCPU, () -> world.machine().smpMb());
    }
    assertThatThrownBy(() -> world.addTask("t61", Role.VCPU, () -> {}))
        .isInstanceOf(WorldFault.class).hasMessage("more than 61 tasks");
    assertThat(world.run(new RandomWalk(), 0, 100)).isEqualTo(Ending.QUIESCENT);
    assertThat(world.steps()).isEqualTo(61);
  }

  @Test
  void plainAccessesAreChoicesOnlyOnRequest() {
    assertThat(stepsOfPlainAccesses(false)).isZero();
    assertThat(stepsOfPlainAccesses(true)).isEqualTo(2);
  }

  private int stepsOfPlainAccesses(boolean choices) {
    world.begin(new WorldOptions(1, choices, List.of()));
    Word word = world.machine().word("w", 0);
    world.addTask("t", Role.VCPU, () -> word.write(word.read() + 1));
    world.run(new RandomWalk(), 0, 100);
    return world.steps();
  }
}
