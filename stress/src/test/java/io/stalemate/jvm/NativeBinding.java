package io.stalemate.jvm;

import static org.assertj.core.api.Assertions.assertThat;

import io.stalemate.machine.Machine;
import io.stalemate.machine.PageUse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Threads.
 *
 * @param prepare what is done to a machine before the tasks of a program begin
 */
record NativeBinding(Consumer<NativeMachine> prepare) implements Binding {

  private static final Duration PATIENCE = Duration.ofSeconds(30);

  /** Machines as they are. */
  NativeBinding() {
    this(machine -> {});
  }

  @Override
  public void run(int rounds, Function<Machine, Program> program) {
    for (int round = 0; round < rounds; round++) {
      NativeMachine machine = new NativeMachine(CPUS);
      Program it = program.apply(machine);
      prepare.accept(machine);
      Bindings.runThreads(it.tasks());
      machine.rcuBarrier();
      it.after().run();
    }
  }

  @Override
  public Binding failing(PageUse use, int nth) {
    return new NativeBinding(machine -> machine.failAllocation(use, nth));
  }

  @Override
  public boolean refuses(Function<Machine, Program> program) {
    return runThreads(program.apply(new NativeMachine(CPUS)).tasks()) instanceof IllegalStateException;
  }

  /** Runs {@code tasks} on threads; yields what one of them threw. */
  static @Nullable Throwable runThreads(List<Runnable> tasks) {
    AtomicReference<Throwable> failed = new AtomicReference<>();
    List<Thread> threads = new ArrayList<>();
    for (Runnable task : tasks) {
      threads.add(Thread.ofPlatform().daemon().uncaughtExceptionHandler((t, e) -> failed.set(e)).start(task));
    }
    for (Thread thread : threads) {
      try {
        assertThat(thread.join(PATIENCE)).as("task ends").isTrue();
      } catch (InterruptedException e) {
        throw new IllegalStateException(e);
      }
    }
    return failed.get();
  }
}
