package io.stalemate.strategy;

import static org.assertj.core.api.Assertions.assertThat;

import io.stalemate.machine.Spinlock;
import io.stalemate.machine.Word;
import io.stalemate.oracle.Ending;
import io.stalemate.sim.DirectEngine;
import io.stalemate.sim.Role;
import io.stalemate.sim.World;
import io.stalemate.sim.WorldOptions;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

/** What small programs can come to, by the number of preemptions it takes. */
final class BoundedSearchOutcomesTest {

  private static final int STEPS_MAX = 100;

  private static void search(int bound, Consumer<World> program, Consumer<Ending> each) {
    World world = DirectEngine.world();
    BoundedSearch search = new BoundedSearch(bound);
    do {
      world.begin(WorldOptions.of(2));
      program.accept(world);
      each.accept(world.run(search, 0, STEPS_MAX));
    } while (search.next());
  }

  /** The values that two tasks of two accesses each read, over all schedules. */
  private static TreeSet<String> outcomes(int bound, boolean storesFirst) {
    TreeSet<String> outcomes = new TreeSet<>();
    long[] read = new long[2];
    search(bound, machine -> {
      Word x = machine.machine().word("x", 0);
      Word y = machine.machine().word("y", 0);
      machine.addTask("t0", Role.VCPU, () -> {
        x.writeOnce(1);
        if (storesFirst) {
          read[0] = y.readOnce();
        } else {
          y.writeOnce(1);
        }
      });
      machine.addTask("t1", Role.VCPU, () -> {
        if (storesFirst) {
          y.writeOnce(1);
        } else {
          read[0] = y.readOnce();
        }
        read[1] = x.readOnce();
      });
    }, ending -> outcomes.add(read[0] + " " + read[1]));
    return outcomes;
  }

  @Test
  void storeBufferingHasItsThreeOutcomesWithOnePreemption() {
    assertThat(outcomes(0, true)).containsExactly("0 1", "1 0");
    assertThat(outcomes(1, true)).containsExactly("0 1", "1 0", "1 1");
    assertThat(outcomes(3, true)).containsExactly("0 1", "1 0", "1 1");
  }

  @Test
  void messagePassingHasItsThreeOutcomesWithTwoPreemptions() {
    assertThat(outcomes(0, false)).containsExactly("0 0", "1 1");
    assertThat(outcomes(1, false)).containsExactly("0 0", "0 1", "1 1");
    assertThat(outcomes(3, false)).containsExactly("0 0", "0 1", "1 1");
  }

  @Test
  void twoLocksInTwoOrdersDeadlockWithOnePreemption() {
    Consumer<World> program = machine -> {
      Spinlock a = machine.machine().spinlock("a");
      Spinlock b = machine.machine().spinlock("b");
      machine.addTask("t0", Role.HOST_MM, () -> {
        a.lock();
        b.lock();
        b.unlock();
        a.unlock();
      });
      machine.addTask("t1", Role.HOST_MM, () -> {
        b.lock();
        a.lock();
        a.unlock();
        b.unlock();
      });
    };
    assertThat(endings(0, program)).containsOnly(Ending.QUIESCENT).hasSize(2);
    assertThat(endings(1, program).stream().filter(Ending.DEADLOCK::equals)).hasSize(2);
  }

  private static List<Ending> endings(int bound, Consumer<World> program) {
    List<Ending> endings = new ArrayList<>();
    search(bound, program, endings::add);
    return endings;
  }
}
