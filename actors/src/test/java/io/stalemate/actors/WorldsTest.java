package io.stalemate.actors;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.stalemate.machine.Completion;
import io.stalemate.machine.Spinlock;
import io.stalemate.machine.Word;
import io.stalemate.oracle.Ending;
import io.stalemate.sim.Role;
import io.stalemate.sim.World;
import io.stalemate.sim.WorldFault;
import io.stalemate.sim.WorldOptions;
import io.stalemate.strategy.RandomWalk;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.FutureTask;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
final class WorldsTest {

  private static final int RUNS = 600;

  private static List<Long> hashes(World world, long firstSeed) {
    List<Long> hashes = new ArrayList<>();
    for (long seed = firstSeed; seed < firstSeed + RUNS; seed++) {
      hashes.add(Primitives.hash(world, new RandomWalk(), seed));
    }
    return hashes;
  }

  @Test
  void worldsInTwoThreadsDoNotInfluenceEachOther() throws Exception {
    List<List<Long>> alone = List.of(hashes(PlainEngine.world(), 0), hashes(PlainEngine.world(), RUNS));
    try (Worlds worlds = new Worlds(2)) {
      CyclicBarrier together = new CyclicBarrier(2);
      List<FutureTask<List<Long>>> workers = new ArrayList<>();
      for (int index = 0; index < 2; index++) {
        int worker = index;
        FutureTask<List<Long>> work = new FutureTask<>(() -> {
          World world = worlds.open(worker, (opcode, event) -> {});
          together.await();
          return hashes(world, (long) worker * RUNS);
        });
        workers.add(work);
        Thread.ofPlatform().name("worker-" + worker).start(work);
      }
      assertThat(workers.get(0).get()).isEqualTo(alone.get(0));
      assertThat(workers.get(1).get()).isEqualTo(alone.get(1));
    }
  }

  @Test
  void twoWorldsOfOneThreadMayTakeTurns() {
    List<Long> alone = hashes(PlainEngine.world(), 0);
    try (Worlds worlds = new Worlds(2)) {
      World even = worlds.open(0, (opcode, event) -> {});
      World odd = worlds.open(1, (opcode, event) -> {});
      for (int seed = 0; seed < 100; seed++) {
        World world = (seed & 1) == 0 ? even : odd;
        assertThat(Primitives.hash(world, new RandomWalk(), seed)).isEqualTo(alone.get(seed));
      }
    }
  }

  @Test
  void aWorldOpenedAgainBehavesAsNewAndLeavesNoActorOfTheOneBefore() {
    long alone = Primitives.hash(PlainEngine.world(), new RandomWalk(), 7);
    try (Worlds worlds = new Worlds(2)) {
      worlds.open(1, (opcode, event) -> {});
      List<Integer> actors = new ArrayList<>();
      for (int opened = 0; opened < 50; opened++) {
        World world = worlds.open(0, (opcode, event) -> {});
        assertThat(Primitives.hash(world, new RandomWalk(), 7)).isEqualTo(alone);
        if (opened % 2 == 0) {
          leaveInTheMiddle(world);
        }
        actors.add(worlds.tree().lines().filter(line -> line.contains("world-0")).toList().size());
      }
      // The guardian hears a little later that those before have ended.
      assertThat(actors).allMatch(parents -> parents < 10);
    }
  }

  /** A run whose tasks never end. */
  private static void leaveInTheMiddle(World world) {
    world.begin(WorldOptions.of(1));
    Completion never = world.machine().completion("never");
    world.addTask("t", Role.VCPU, never::waitFor);
    assertThat(world.run(new RandomWalk(), 0, 10)).isEqualTo(Ending.DEADLOCK);
  }

  @Test
  void anExceptionInKernelTextReachesTheCallerAndTheWorldIsUsableAfterwards() {
    long alone = Primitives.hash(PlainEngine.world(), new RandomWalk(), 3);
    IllegalStateException planted = new IllegalStateException("planted");
    try (Worlds worlds = new Worlds(1)) {
      World world = worlds.open(0, (opcode, event) -> {});
      for (int step = 0; step < 5; step++) {
        int failing = step;
        world.begin(WorldOptions.of(1));
        Spinlock lock = world.machine().spinlock("mmu_lock");
        Word word = world.machine().word("w", 0);
        for (int task = 0; task < 3; task++) {
          world.addTask("t" + task, Role.VCPU, () -> {
            for (int i = 0; i < 5; i++) {
              lock.lock();
              if (i == failing) {
                throw planted;
              }
              word.writeOnce(i);
              lock.unlock();
            }
          });
        }
        assertThatThrownBy(() -> world.run(new RandomWalk(), failing, 1_000))
            .isInstanceOf(WorldFault.class).hasMessageContaining("kernel text failed at step").hasCause(planted);
        assertThat(Primitives.hash(world, new RandomWalk(), 3)).isEqualTo(alone);
      }
    }
  }

  @Test
  void aWatcherThatThrowsAtAnyEventIsAFaultAndNotAHang() {
    World plain = PlainEngine.world();
    long alone = Primitives.hash(plain, new RandomWalk(), 1);
    int events = plain.trace().size();
    int[] left = new int[1];
    try (Worlds worlds = new Worlds(1)) {
      World world = worlds.open(0, (opcode, event) -> {
        if (left[0]-- == 0) {
          throw new IllegalStateException("oracle failed");
        }
      });
      // The first events are the boot task's, on the caller's own stack.
      for (int failing = 5; failing < events; failing++) {
        left[0] = failing;
        assertThatThrownBy(() -> Primitives.hash(world, new RandomWalk(), 1))
            .as("event %d of %d", failing, events)
            .isInstanceOf(WorldFault.class).hasStackTraceContaining("oracle failed");
        left[0] = -1;
        assertThat(Primitives.hash(world, new RandomWalk(), 1)).isEqualTo(alone);
      }
    }
  }

  @Test
  void closingEndsEveryThreadThoughARunWasLeftInTheMiddle() throws InterruptedException {
    Worlds worlds = new Worlds(2);
    leaveInTheMiddle(worlds.open(0, (opcode, event) -> {}));
    List<Thread> threads = Thread.getAllStackTraces().keySet().stream()
        .filter(thread -> thread.getName().startsWith("stalemate-")).toList();
    assertThat(threads).isNotEmpty();
    worlds.close();
    for (Thread thread : threads) {
      thread.join();
    }
  }
}
