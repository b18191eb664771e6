package io.stalemate.sim;

import static org.assertj.core.api.Assertions.assertThat;

import io.stalemate.machine.Completion;
import io.stalemate.machine.Ipi;
import io.stalemate.machine.Machine;
import io.stalemate.machine.RcuWait;
import io.stalemate.machine.TaskState;
import io.stalemate.machine.WaitQueue;
import io.stalemate.machine.Word;
import io.stalemate.oracle.Ending;
import io.stalemate.strategy.DepthFirst;
import io.stalemate.strategy.Follow;
import io.stalemate.trace.Op;
import io.stalemate.trace.Trace;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

/** Sleeping and waking, exhaustively. */
final class WaitsTest {

  private static void addWaker(World world, RcuWait wait, Word condition) {
    world.addTask("waker", Role.MMU_NOTIFIER, () -> {
      condition.writeOnce(1);
      wait.wakeUp();
    });
  }

  @Test
  void stateBeforeTestNeverLosesAWakeUp() {
    int[] endings = DepthFirst.endings(world -> {
      Machine m = world.machine();
      RcuWait wait = m.rcuWait("memslots_update_rcuwait");
      Word condition = m.word("condition", 0);
      world.addTask("waiter", Role.MEMSLOT, () -> {
        wait.prepare();
        while (true) {
          m.setCurrentState(TaskState.UNINTERRUPTIBLE);
          if (condition.readOnce() != 0) {
            break;
          }
          m.schedule();
        }
        wait.finish();
      });
      addWaker(world, wait, condition);
    });
    assertThat(endings[Ending.DEADLOCK.ordinal()]).isZero();
    assertThat(endings[Ending.BOUND.ordinal()]).isZero();
    assertThat(endings[Ending.QUIESCENT.ordinal()]).isGreaterThan(10);
  }

  @Test
  void testBeforeStateLosesTheWakeUpThatFallsBetween() {
    int[] endings = DepthFirst.endings(world -> {
      Machine m = world.machine();
      RcuWait wait = m.rcuWait("memslots_update_rcuwait");
      Word condition = m.word("condition", 0);
      world.addTask("waiter", Role.MEMSLOT, () -> {
        wait.prepare();
        while (condition.readOnce() == 0) {
          m.setCurrentState(TaskState.UNINTERRUPTIBLE);
          m.schedule();
        }
        wait.finish();
      });
      addWaker(world, wait, condition);
    });
    // Lost only if both of the waker's steps fall between the test and the store of the state: one way to place them.
    assertThat(endings[Ending.DEADLOCK.ordinal()]).isEqualTo(1);
    assertThat(endings[Ending.QUIESCENT.ordinal()]).isPositive();
  }

  @Test
  void wakeUpAllWakesEveryWaiterAndWakeUpTheFirstThatJoined() {
    assertThat(wokenBy(false)).containsExactly(1L << 1);
    assertThat(wokenBy(true)).containsExactly(1L << 1 | 1L);
  }

  /** Task 1 joins a queue before task 0; yields the masks that a wake-up by task 2 prints. */
  private static List<Long> wokenBy(boolean all) {
    List<Long> masks = new ArrayList<>();
    World world = DirectEngine.world();
    world.begin(WorldOptions.of(1));
    WaitQueue queue = world.machine().waitQueue("wq");
    for (int task = 0; task < 2; task++) {
      world.addTask("waiter" + task, Role.VCPU, () -> {
        queue.prepare(TaskState.INTERRUPTIBLE);
        world.machine().schedule();
        queue.finish();
      });
    }
    world.addTask("waker", Role.HOST_MM, all ? queue::wakeUpAll : queue::wakeUp);
    Ending ending = world.run(new Follow(new int[] {1, 0, 2}), 0, 100);
    assertThat(ending).isEqualTo(all ? Ending.QUIESCENT : Ending.DEADLOCK);
    Trace trace = world.trace();
    for (int event = 0; event < trace.size(); event++) {
      if (trace.op(event) == Op.WAKE_UP) {
        masks.add(trace.a(event));
      }
    }
    return masks;
  }

  @Test
  void aWaiterThatHasLeftTheQueueIsNotWoken() {
    World world = DirectEngine.world();
    world.begin(WorldOptions.of(1));
    WaitQueue queue = world.machine().waitQueue("wq");
    queue.prepare(TaskState.INTERRUPTIBLE);
    queue.finish();
    queue.wakeUp();
    RcuWait wait = world.machine().rcuWait("w");
    assertThat(wait.wakeUp()).isFalse();
    wait.prepare();
    assertThat(wait.wakeUp()).as("it was running").isFalse();
    world.machine().setCurrentState(TaskState.UNINTERRUPTIBLE);
    assertThat(wait.wakeUp()).isTrue();
    wait.finish();
    assertThat(wait.wakeUp()).isFalse();
    assertThat(world.trace().a(2)).as("who was woken").isZero();
  }

  @Test
  void oneCompletionLetsOneWaiterGo() {
    assertThat(DepthFirst.endings(world -> addCompletion(world, 2, Completion::complete)))
        .as("two waiters, one completion").containsExactly(0, 2, 0);
    assertThat(DepthFirst.endings(world -> addCompletion(world, 1, Completion::complete)))
        .as("one waiter, one completion").containsExactly(1, 0, 0);
    int[] all = DepthFirst.endings(world -> addCompletion(world, 3, Completion::completeAll));
    assertThat(all).as("three waiters, complete_all").containsExactly(6, 0, 0);
  }

  private static void addCompletion(World world, int waiters, Consumer<Completion> signal) {
    Completion completion = world.machine().completion("done");
    for (int task = 0; task < waiters; task++) {
      world.addTask("waiter" + task, Role.VCPU, completion::waitFor);
    }
    world.addTask("waker", Role.HOST_MM, () -> signal.accept(completion));
  }

  @Test
  void anIpiWithWaitReturnsOnlyAfterTheCpuHasTakenIt() {
    assertThat(seenInside(true)).isZero();
    assertThat(seenInside(false)).as("without waiting").isPositive();
  }

  /** Yields in how many schedules a sender sees a vCPU inside its section with interrupts off. */
  private static int seenInside(boolean waits) {
    int[] seen = new int[1];
    int[] endings = DepthFirst.endings(world -> {
      Ipi ipi = world.machine().ipi();
      Word inside = world.machine().word("inside", 0);
      world.addTask("vcpu", Role.VCPU, () -> {
        ipi.irqsOff(1);
        inside.writeOnce(1);
        inside.writeOnce(0);
        ipi.irqsOn(1);
      });
      world.addTask("sender", Role.HOST_MM, () -> {
        if (waits) {
          ipi.sendAndWait(1);
        } else {
          ipi.send(1);
        }
        seen[0] += (int) inside.readOnce();
      });
    });
    assertThat(endings[Ending.QUIESCENT.ordinal()]).isPositive();
    assertThat(endings[Ending.DEADLOCK.ordinal()] + endings[Ending.BOUND.ordinal()]).isZero();
    return seen[0];
  }

  @Test
  void anIpiToACpuWithInterruptsOffStaysPendingUntilTheyAreOn() {
    World world = DirectEngine.world();
    world.begin(WorldOptions.of(2));
    Ipi ipi = world.machine().ipi();
    ipi.send(1);
    assertThat(ipi.pending(1)).as("taken at once").isFalse();
    ipi.irqsOff(1);
    ipi.send(1);
    assertThat(ipi.pending(1)).isTrue();
    assertThat(ipi.pending(0)).isFalse();
    ipi.irqsOn(1);
    assertThat(ipi.pending(1)).isFalse();
  }
}
