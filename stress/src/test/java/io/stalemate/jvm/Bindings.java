package io.stalemate.jvm;

import static org.assertj.core.api.Assertions.assertThat;

import io.stalemate.actors.Worlds;
import io.stalemate.machine.Machine;
import io.stalemate.oracle.Ending;
import io.stalemate.sim.Role;
import io.stalemate.sim.World;
import io.stalemate.sim.WorldOptions;
import io.stalemate.strategy.RandomWalk;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Function;

/** The bindings of Machine that a contract is tested against. */
enum Bindings {
  /** Worlds whose turns pass through actors: one schedule a round. */
  SIMULATED {
    @Override
    void run(int rounds, Function<Machine, Program> program) {
      try (Worlds worlds = new Worlds(1)) {
        World world = worlds.open(0, (opcode, event) -> {});
        for (int round = 0; round < rounds; round++) {
          world.begin(WorldOptions.of(CPUS));
          Program it = program.apply(world.machine());
          for (int task = 0; task < it.tasks.size(); task++) {
            world.addTask("task" + task, Role.HOST_MM, it.tasks.get(task));
          }
          assertThat(world.run(new RandomWalk(), round, 100_000)).as("round %d", round).isEqualTo(Ending.QUIESCENT);
          it.after.run();
        }
      }
    }
  },

  /** Threads. */
  NATIVE {
    @Override
    void run(int rounds, Function<Machine, Program> program) {
      for (int round = 0; round < rounds; round++) {
        NativeMachine machine = new NativeMachine(CPUS);
        Program it = program.apply(machine);
        runThreads(it.tasks);
        machine.rcuBarrier();
        it.after.run();
      }
    }
  };

  /** CPUs of every machine. */
  static final int CPUS = 2;

  /** Tasks that run at once, and what must hold when all have ended. */
  record Program(List<Runnable> tasks, Runnable after) {}

  /** Runs {@code program} {@code rounds} times, each time on a machine of its own. */
  abstract void run(int rounds, Function<Machine, Program> program);

  private static void runThreads(List<Runnable> tasks) {
    AtomicReference<Throwable> failed = new AtomicReference<>();
    List<Thread> threads = new ArrayList<>();
    for (Runnable task : tasks) {
      threads.add(Thread.ofPlatform().daemon().uncaughtExceptionHandler((t, e) -> failed.set(e)).start(task));
    }
    for (Thread thread : threads) {
      try {
        assertThat(thread.join(Duration.ofSeconds(30))).as("task ends").isTrue();
      } catch (InterruptedException e) {
        throw new IllegalStateException(e);
      }
    }
    assertThat(failed.get()).isNull();
  }
}
