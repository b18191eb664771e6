package io.stalemate.jvm;

import static org.assertj.core.api.Assertions.assertThat;

import io.stalemate.machine.Machine;
import io.stalemate.machine.Mutex;
import io.stalemate.machine.RwSemaphore;
import io.stalemate.machine.Rwlock;
import io.stalemate.machine.Spinlock;
import io.stalemate.machine.Srcu;
import java.util.List;
import java.util.function.Function;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Misuse of locks is reported, whatever kernel text runs on: by lockdep in a world, by an exception on threads. */
class MisuseContractTest {

  /** What a task does to a machine. */
  private interface Text extends Function<Machine, Runnable> {}

  private static final List<Text> RIGHT = List.of(
      m -> {
        Spinlock lock = m.spinlock("mmu_lock");
        return () -> {
          lock.lock();
          lock.assertHeld();
          lock.unlock();
        };
      },
      m -> {
        Mutex lock = m.mutex("slots_lock");
        return () -> {
          lock.lock();
          lock.assertHeld();
          lock.unlock();
        };
      },
      m -> {
        Rwlock lock = m.rwlock("mmu_lock");
        return () -> {
          lock.readLock();
          lock.assertHeld();
          lock.assertHeldRead();
          lock.readUnlock();
          lock.writeLock();
          lock.assertHeld();
          lock.assertHeldWrite();
          lock.writeUnlock();
        };
      },
      m -> {
        RwSemaphore lock = m.rwSemaphore("mmap_lock");
        return () -> {
          lock.downRead();
          lock.assertHeld();
          lock.upRead();
          lock.downWrite();
          lock.assertHeld();
          lock.assertHeldWrite();
          lock.upWrite();
        };
      },
      m -> {
        Srcu srcu = m.srcu("kvm->srcu");
        return () -> {
          int index = srcu.readLock();
          srcu.assertReadHeld();
          srcu.readUnlock(index);
          srcu.synchronize();
        };
      });

  private static final List<Text> WRONG = List.of(
      m -> m.spinlock("mmu_lock")::assertHeld,
      m -> m.mutex("slots_lock")::assertHeld,
      m -> m.rwlock("mmu_lock")::assertHeld,
      m -> m.rwSemaphore("mmap_lock")::assertHeld,
      m -> m.srcu("kvm->srcu")::assertReadHeld,
      m -> {
        Rwlock lock = m.rwlock("mmu_lock");
        return () -> {
          lock.readLock();
          lock.assertHeldWrite();
          lock.readUnlock();
        };
      },
      m -> {
        RwSemaphore lock = m.rwSemaphore("mmap_lock");
        return () -> {
          lock.downRead();
          lock.assertHeldWrite();
          lock.upRead();
        };
      },
      m -> m.spinlock("mmu_lock")::unlock,
      m -> m.mutex("slots_lock")::unlock,
      m -> m.rwlock("mmu_lock")::writeUnlock,
      m -> m.rwSemaphore("mmap_lock")::upWrite,
      m -> {
        Mutex lock = m.mutex("slots_lock");
        return () -> {
          lock.lock();
          lock.lock();
        };
      },
      m -> {
        Spinlock lock = m.spinlock("mmu_lock");
        return () -> {
          lock.lock();
          lock.lock();
        };
      },
      m -> {
        Srcu srcu = m.srcu("kvm->srcu");
        return () -> {
          srcu.readLock();
          srcu.synchronize();
        };
      });

  @ParameterizedTest
  @EnumSource(Bindings.class)
  void whoHoldsALockMaySayIt(Binding binding) {
    for (int i = 0; i < RIGHT.size(); i++) {
      assertThat(binding.refuses(program(RIGHT.get(i)))).as("right text %d", i).isFalse();
    }
  }

  @ParameterizedTest
  @EnumSource(Bindings.class)
  void misuseIsReported(Binding binding) {
    for (int i = 0; i < WRONG.size(); i++) {
      assertThat(binding.refuses(program(WRONG.get(i)))).as("wrong text %d", i).isTrue();
    }
  }

  private static Function<Machine, Program> program(Text text) {
    return m -> Program.alone(text.apply(m));
  }
}
