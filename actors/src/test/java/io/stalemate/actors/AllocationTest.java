package io.stalemate.actors;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import io.stalemate.machine.Spinlock;
import io.stalemate.machine.Word;
import io.stalemate.oracle.Ending;
import io.stalemate.sim.Role;
import io.stalemate.sim.World;
import io.stalemate.sim.WorldOptions;
import io.stalemate.strategy.Pct;
import io.stalemate.strategy.RandomWalk;
import io.stalemate.strategy.Strategy;
import java.lang.management.ManagementFactory;
import org.junit.jupiter.api.Test;

/** What an event costs in memory once a world has grown to the length of its runs. */
final class AllocationTest {

  private static final int ROUNDS = 20_000;
  private static final int EVENTS_PER_ROUND = 5;

  private static void run(World world, Strategy strategy, boolean locks) {
    world.begin(WorldOptions.of(1));
    Word word = world.machine().word("w", 0);
    Spinlock lock = world.machine().spinlock("mmu_lock");
    world.addTask("t", Role.VCPU, () -> {
      for (int i = 0; i < ROUNDS; i++) {
        if (locks) {
          lock.lock();
          lock.unlock();
        } else {
          word.write(word.read() + 1);
        }
        word.writeOnce(word.readOnce());
        word.cmpxchg(i, i + 1);
      }
    });
    assertThat(world.run(strategy, 1, ROUNDS * EVENTS_PER_ROUND + 1)).isEqualTo(Ending.QUIESCENT);
    assertThat(world.trace().size()).isEqualTo(ROUNDS * EVENTS_PER_ROUND + 1);
  }

  private static double bytesPerEvent(World world, Strategy strategy, boolean locks) {
    ThreadMXBean memory = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    long least = Long.MAX_VALUE;
    for (int i = 0; i < 10; i++) {
      long before = memory.getCurrentThreadAllocatedBytes();
      run(world, strategy, locks);
      least = Math.min(least, memory.getCurrentThreadAllocatedBytes() - before);
    }
    return (double) least / (ROUNDS * EVENTS_PER_ROUND);
  }

  @Test
  void anEventOnAWordAllocatesNothing() {
    try (Worlds worlds = new Worlds(1)) {
      World world = worlds.open(0, (opcode, event) -> {});
      assertThat(bytesPerEvent(world, new RandomWalk(), false)).isLessThan(1);
      assertThat(bytesPerEvent(world, new Pct(3, 1_000, true), false)).isLessThan(1);
    }
  }

  @Test
  void anEventOnALockAllocatesNoMoreThanItsMessage() {
    try (Worlds worlds = new Worlds(1)) {
      World world = worlds.open(0, (opcode, event) -> {});
      // Two of five events go through the lock's actor: Akka wraps a message in an envelope of 24 bytes or less.
      assertThat(bytesPerEvent(world, new RandomWalk(), true)).isLessThan(2 * 24 / 5.0 + 1);
    }
  }
}
