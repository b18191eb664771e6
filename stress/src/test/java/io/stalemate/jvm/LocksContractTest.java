package io.stalemate.jvm;

import static io.stalemate.jvm.Program.TIMES;
import static io.stalemate.jvm.Program.times;
import static io.stalemate.jvm.Program.until;
import static org.assertj.core.api.Assertions.assertThat;

import io.stalemate.machine.Completion;
import io.stalemate.machine.LockdepMap;
import io.stalemate.machine.Machine;
import io.stalemate.machine.Mutex;
import io.stalemate.machine.RwSemaphore;
import io.stalemate.machine.Rwlock;
import io.stalemate.machine.Spinlock;
import io.stalemate.machine.Word;
import java.util.List;
import java.util.function.Function;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What kernel text may rely on of locks, whatever it runs on. */
class LocksContractTest {

  /** How to get into and out of one kind of critical section. */
  private record Section(Runnable enter, Runnable leave) {}

  @ParameterizedTest
  @EnumSource(Bindings.class)
  void aSpinlockExcludes(Binding binding) {
    excludes(binding, m -> {
      Spinlock lock = m.spinlock("lock");
      return new Section(lock::lock, lock::unlock);
    });
  }

  @ParameterizedTest
  @EnumSource(Bindings.class)
  void aMutexExcludes(Binding binding) {
    excludes(binding, m -> {
      Mutex lock = m.mutex("lock");
      return new Section(lock::lock, lock::unlock);
    });
  }

  @ParameterizedTest
  @EnumSource(Bindings.class)
  void theWriterOfAnRwlockExcludes(Binding binding) {
    excludes(binding, m -> {
      Rwlock lock = m.rwlock("lock");
      return new Section(lock::writeLock, lock::writeUnlock);
    });
  }

  @ParameterizedTest
  @EnumSource(Bindings.class)
  void theWriterOfASemaphoreExcludes(Binding binding) {
    excludes(binding, m -> {
      RwSemaphore lock = m.rwSemaphore("lock");
      return new Section(lock::downWrite, lock::upWrite);
    });
  }

  /** Whoever gets a lock by trying has it like anybody. */
  @ParameterizedTest
  @EnumSource(Bindings.class)
  void aSpinlockThatWasTriedForExcludes(Binding binding) {
    excludes(binding, m -> {
      Spinlock lock = m.spinlock("lock");
      return new Section(() -> until(m, lock::trylock), lock::unlock);
    });
  }

  @ParameterizedTest
  @EnumSource(Bindings.class)
  void aMutexThatWasTriedForExcludes(Binding binding) {
    excludes(binding, m -> {
      Mutex lock = m.mutex("lock");
      return new Section(() -> until(m, lock::trylock), lock::unlock);
    });
  }

  private static void excludes(Binding binding, Function<Machine, Section> section) {
    binding.run(Binding.ROUNDS, m -> {
      Section critical = section.apply(m);
      Word plain = m.word("plain", 0);
      return new Program(times(3, () -> {
        critical.enter.run();
        plain.write(plain.read() + 1);
        critical.leave.run();
      }), () -> assertThat(plain.read()).isEqualTo(3L * TIMES));
    });
  }

  @ParameterizedTest
  @EnumSource(Bindings.class)
  void tryingFailsWhileSomebodyHolds(Binding binding) {
    binding.run(1, m -> {
      Spinlock spinlock = m.spinlock("spinlock");
      Mutex mutex = m.mutex("mutex");
      RwSemaphore semaphore = m.rwSemaphore("semaphore");
      Completion held = m.completion("held");
      Word tried = m.word("tried", 0);
      Word got = m.word("got", 0);
      return new Program(List.of(
          () -> {
            mutex.lock();
            semaphore.downWrite();
            spinlock.lock();
            held.complete();
            until(m, () -> tried.readOnce() == 1);
            spinlock.unlock();
            semaphore.upWrite();
            mutex.unlock();
          },
          () -> {
            held.waitFor();
            got.fetchAdd((mutex.trylock() ? 1 : 0) + (semaphore.downReadTrylock() ? 1 : 0)
                + (spinlock.trylock() ? 1 : 0));
            tried.writeOnce(1);
            mutex.lock();
            semaphore.downRead();
            spinlock.lock();
            spinlock.unlock();
            semaphore.upRead();
            mutex.unlock();
          }), () -> assertThat(got.read()).isZero());
    });
  }

  /** For lockdep alone: who waits for whom is not what it decides. */
  @ParameterizedTest
  @EnumSource(Bindings.class)
  void aLockdepMapExcludesNobody(Binding binding) {
    binding.run(Binding.ROUNDS, m -> {
      LockdepMap map = m.lockdepMap("map");
      Word inside = m.word("inside", 0);
      Runnable holder = () -> {
        map.acquire();
        inside.fetchAdd(1);
        until(m, () -> inside.readOnce() == 3);
        map.release();
      };
      return new Program(List.of(holder, holder, () -> {
        until(m, () -> inside.readOnce() == 2);
        map.waitsForHolders();
        inside.fetchAdd(1);
      }), () -> assertThat(inside.read()).isEqualTo(3));
    });
  }
}
