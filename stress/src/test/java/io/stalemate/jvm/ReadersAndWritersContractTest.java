package io.stalemate.jvm;

import static io.stalemate.jvm.Program.repeat;
import static io.stalemate.jvm.Program.until;
import static org.assertj.core.api.Assertions.assertThat;

import io.stalemate.machine.Machine;
import io.stalemate.machine.RwSemaphore;
import io.stalemate.machine.Rwlock;
import io.stalemate.machine.Word;
import java.util.List;
import java.util.function.Function;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What kernel text may rely on of locks for readers and writers, whatever it runs on. */
class ReadersAndWritersContractTest {

  /** How to get into and out of one kind of critical section. */
  private record Section(Runnable enter, Runnable leave) {}

  @ParameterizedTest
  @EnumSource(Bindings.class)
  void readersOfAnRwlockSeeNoHalfOfAWriter(Binding binding) {
    seesNoHalf(binding, m -> {
      Rwlock lock = m.rwlock("lock");
      return List.of(new Section(lock::readLock, lock::readUnlock), new Section(lock::writeLock, lock::writeUnlock));
    });
  }

  @ParameterizedTest
  @EnumSource(Bindings.class)
  void readersOfASemaphoreSeeNoHalfOfAWriter(Binding binding) {
    seesNoHalf(binding, m -> {
      RwSemaphore lock = m.rwSemaphore("lock");
      return List.of(new Section(lock::downRead, lock::upRead), new Section(lock::downWrite, lock::upWrite));
    });
  }

  private static void seesNoHalf(Binding binding, Function<Machine, List<Section>> sections) {
    binding.run(Binding.ROUNDS, m -> {
      List<Section> both = sections.apply(m);
      Section read = both.getFirst();
      Section write = both.getLast();
      Word one = m.word("one", 0);
      Word two = m.word("two", 0);
      Word torn = m.word("torn", 0);
      Runnable reader = repeat(() -> {
        read.enter.run();
        if (one.read() != two.read()) {
          torn.fetchAdd(1);
        }
        read.leave.run();
      });
      Runnable writer = repeat(() -> {
        write.enter.run();
        one.write(one.read() + 1);
        two.write(two.read() + 1);
        write.leave.run();
      });
      return new Program(List.of(reader, reader, writer), () -> assertThat(torn.read()).isZero());
    });
  }

  @ParameterizedTest
  @EnumSource(Bindings.class)
  void readersAreInsideTogether(Binding binding) {
    binding.run(Binding.ROUNDS, m -> {
      Rwlock rwlock = m.rwlock("rwlock");
      RwSemaphore semaphore = m.rwSemaphore("semaphore");
      Word inside = m.word("inside", 0);
      Runnable reader = () -> {
        semaphore.downRead();
        rwlock.readLock();
        inside.fetchAdd(1);
        until(m, () -> inside.readOnce() == 2);
        rwlock.readUnlock();
        semaphore.upRead();
      };
      return new Program(List.of(reader, reader), () -> assertThat(inside.read()).isEqualTo(2));
    });
  }

  @ParameterizedTest
  @EnumSource(Bindings.class)
  void aWriterThatWaitsForAnRwlockKeepsNewReadersOut(Binding binding) {
    binding.run(Binding.ROUNDS, m -> {
      Rwlock lock = m.rwlock("lock");
      Word held = m.word("held", 0);
      Word late = m.word("late", 0);
      Word written = m.word("written", 0);
      Word seen = m.word("seen", 0);
      return new Program(List.of(
          () -> {
            lock.readLock();
            held.writeOnce(1);
            until(m, () -> lock.needbreak() && late.readOnce() == 1);
            lock.readUnlock();
          },
          () -> {
            until(m, () -> held.readOnce() == 1);
            lock.writeLock();
            written.writeOnce(1);
            lock.writeUnlock();
          },
          () -> {
            until(m, () -> held.readOnce() == 1 && (lock.needbreak() || written.readOnce() == 1));
            late.writeOnce(1);
            lock.readLock();
            seen.writeOnce(written.readOnce());
            lock.readUnlock();
          }), () -> assertThat(seen.read()).isEqualTo(1));
    });
  }

  @ParameterizedTest
  @EnumSource(Bindings.class)
  void aWriterThatWaitsForASemaphoreKeepsNewReadersOut(Binding binding) {
    binding.run(Binding.ROUNDS, m -> {
      RwSemaphore semaphore = m.rwSemaphore("semaphore");
      Word held = m.word("held", 0);
      Word waits = m.word("waits", 0);
      Word written = m.word("written", 0);
      Word seen = m.word("seen", 0);
      return new Program(List.of(
          () -> {
            semaphore.downRead();
            held.writeOnce(1);
            until(m, () -> waits.readOnce() == 1);
            semaphore.upRead();
          },
          () -> {
            until(m, () -> held.readOnce() == 1);
            semaphore.downWrite();
            written.writeOnce(1);
            semaphore.upWrite();
          },
          () -> {
            until(m, () -> held.readOnce() == 1);
            while (semaphore.downReadTrylock()) {
              semaphore.upRead();
              m.retrying();
            }
            waits.writeOnce(1);
            semaphore.downRead();
            seen.writeOnce(written.readOnce());
            semaphore.upRead();
          }), () -> assertThat(seen.read()).isEqualTo(1));
    });
  }

  @ParameterizedTest
  @EnumSource(Bindings.class)
  void aWriterIsToldOfReadersThatWait(Binding binding) {
    binding.run(Binding.ROUNDS, m -> {
      Rwlock lock = m.rwlock("lock");
      Word held = m.word("held", 0);
      Word alone = m.word("alone", 0);
      return new Program(List.of(
          () -> {
            lock.writeLock();
            alone.writeOnce(lock.needbreak() ? 0 : 1);
            held.writeOnce(1);
            until(m, lock::needbreak);
            lock.writeUnlock();
          },
          () -> {
            until(m, () -> held.readOnce() == 1);
            lock.readLock();
            lock.readUnlock();
          }), () -> assertThat(alone.read()).as("nobody waited at first").isEqualTo(1));
    });
  }
}
