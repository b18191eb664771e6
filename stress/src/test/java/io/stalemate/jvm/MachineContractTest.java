package io.stalemate.jvm;

import static org.assertj.core.api.Assertions.assertThat;

import io.stalemate.jvm.Bindings.Program;
import io.stalemate.machine.Access;
import io.stalemate.machine.Completion;
import io.stalemate.machine.Gfp;
import io.stalemate.machine.Machine;
import io.stalemate.machine.Mutex;
import io.stalemate.machine.PageUse;
import io.stalemate.machine.Pages;
import io.stalemate.machine.Rcu;
import io.stalemate.machine.RcuWait;
import io.stalemate.machine.RwSemaphore;
import io.stalemate.machine.Rwlock;
import io.stalemate.machine.Spinlock;
import io.stalemate.machine.Srcu;
import io.stalemate.machine.TaskState;
import io.stalemate.machine.Tlb;
import io.stalemate.machine.WaitQueue;
import io.stalemate.machine.Word;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What kernel text may rely on, whatever it runs on: each claim on every binding of Machine. */
class MachineContractTest {

  private static final int ROUNDS = 200;
  private static final int TIMES = 20;

  /** How to get into and out of one kind of critical section. */
  private record Section(Runnable enter, Runnable leave) {}

  @ParameterizedTest
  @EnumSource
  void wordsDoWhatTheirNamesSay(Bindings binding) {
    binding.run(1, m -> alone(() -> {
      Word word = m.word("word", 5);
      assertThat(word.read()).isEqualTo(5);
      word.write(6);
      assertThat(word.readOnce()).isEqualTo(6);
      word.writeOnce(7);
      assertThat(word.loadAcquire()).isEqualTo(7);
      word.storeRelease(8);
      assertThat(word.cmpxchg(7, 9)).isEqualTo(8);
      assertThat(word.cmpxchg(8, 9)).isEqualTo(8);
      assertThat(word.xchg(0b1100)).isEqualTo(9);
      assertThat(word.fetchOr(0b0010)).isEqualTo(0b1100);
      assertThat(word.fetchAnd(0b0110)).isEqualTo(0b1110);
      assertThat(word.fetchAdd(-1)).isEqualTo(0b0110);
      assertThat(word.read()).isEqualTo(5);
      assertThat(m.words("row", 3).length()).isEqualTo(3);
      assertThat(m.word("keyed", 1, 4).read()).isEqualTo(4);
    }));
  }

  @ParameterizedTest
  @EnumSource
  void atomicAdditionsAreNotLost(Bindings binding) {
    binding.run(ROUNDS, m -> {
      Word word = m.word("word", 0);
      return new Program(times(3, () -> word.fetchAdd(1)), () -> assertThat(word.read()).isEqualTo(3L * TIMES));
    });
  }

  @ParameterizedTest
  @EnumSource
  void aSpinlockExcludes(Bindings binding) {
    excludes(binding, m -> {
      Spinlock lock = m.spinlock("lock");
      return new Section(lock::lock, lock::unlock);
    });
  }

  @ParameterizedTest
  @EnumSource
  void aMutexExcludes(Bindings binding) {
    excludes(binding, m -> {
      Mutex lock = m.mutex("lock");
      return new Section(lock::lock, lock::unlock);
    });
  }

  @ParameterizedTest
  @EnumSource
  void theWriterOfAnRwlockExcludes(Bindings binding) {
    excludes(binding, m -> {
      Rwlock lock = m.rwlock("lock");
      return new Section(lock::writeLock, lock::writeUnlock);
    });
  }

  @ParameterizedTest
  @EnumSource
  void theWriterOfASemaphoreExcludes(Bindings binding) {
    excludes(binding, m -> {
      RwSemaphore lock = m.rwSemaphore("lock");
      return new Section(lock::downWrite, lock::upWrite);
    });
  }

  private interface SectionOf {
    Section on(Machine m);
  }

  private static void excludes(Bindings binding, SectionOf section) {
    binding.run(ROUNDS, m -> {
      Section critical = section.on(m);
      Word plain = m.word("plain", 0);
      return new Program(times(3, () -> {
        critical.enter.run();
        plain.write(plain.read() + 1);
        critical.leave.run();
      }), () -> assertThat(plain.read()).isEqualTo(3L * TIMES));
    });
  }

  @ParameterizedTest
  @EnumSource
  void readersSeeNoHalfOfAWriter(Bindings binding) {
    binding.run(ROUNDS, m -> {
      Rwlock lock = m.rwlock("lock");
      Word one = m.word("one", 0);
      Word two = m.word("two", 0);
      Word torn = m.word("torn", 0);
      Runnable reader = repeat(() -> {
        lock.readLock();
        lock.assertHeldRead();
        if (one.read() != two.read()) {
          torn.fetchAdd(1);
        }
        lock.readUnlock();
      });
      Runnable writer = repeat(() -> {
        lock.writeLock();
        lock.assertHeldWrite();
        one.write(one.read() + 1);
        two.write(two.read() + 1);
        lock.writeUnlock();
      });
      return new Program(List.of(reader, reader, writer), () -> assertThat(torn.read()).isZero());
    });
  }

  @ParameterizedTest
  @EnumSource
  void tryingFailsWhileSomebodyHolds(Bindings binding) {
    binding.run(1, m -> {
      Spinlock spinlock = m.spinlock("spinlock");
      Mutex mutex = m.mutex("mutex");
      Completion held = m.completion("held");
      Completion tried = m.completion("tried");
      List<Boolean> results = Collections.synchronizedList(new ArrayList<>());
      return new Program(List.of(
          () -> {
            mutex.lock();
            held.complete();
            tried.waitFor();
            mutex.unlock();
          },
          () -> {
            held.waitFor();
            results.add(mutex.trylock());
            results.add(spinlock.trylock());
            spinlock.unlock();
            tried.complete();
            mutex.lock();
            mutex.assertHeld();
            mutex.unlock();
          }), () -> assertThat(results).containsExactly(false, true));
    });
  }

  @ParameterizedTest
  @EnumSource
  void stateBeforeTestLosesNoWakeUp(Bindings binding) {
    binding.run(ROUNDS, m -> {
      RcuWait wait = m.rcuWait("wait");
      Word condition = m.word("condition", 0);
      return new Program(List.of(
          () -> {
            wait.prepare();
            m.setCurrentState(TaskState.UNINTERRUPTIBLE);
            while (condition.readOnce() == 0) {
              m.schedule();
              m.setCurrentState(TaskState.UNINTERRUPTIBLE);
            }
            wait.finish();
          },
          () -> {
            condition.writeOnce(1);
            wait.wakeUp();
          }), () -> assertThat(condition.read()).isEqualTo(1));
    });
  }

  @ParameterizedTest
  @EnumSource
  void wakeUpAllReachesEveryWaiter(Bindings binding) {
    binding.run(ROUNDS, m -> {
      WaitQueue queue = m.waitQueue("queue");
      Word condition = m.word("condition", 0);
      Runnable waiter = () -> {
        queue.prepare(TaskState.UNINTERRUPTIBLE);
        while (condition.readOnce() == 0) {
          m.schedule();
          queue.prepare(TaskState.UNINTERRUPTIBLE);
        }
        queue.finish();
      };
      return new Program(List.of(waiter, waiter, () -> {
        condition.writeOnce(1);
        queue.wakeUpAll();
      }), () -> assertThat(condition.read()).isEqualTo(1));
    });
  }

  @ParameterizedTest
  @EnumSource
  void aGracePeriodWaitsForReadersThatCameBefore(Bindings binding) {
    binding.run(ROUNDS, m -> {
      Srcu srcu = m.srcu("srcu");
      Word pointer = m.word("pointer", 1);
      Word freed = m.word("freed", 0);
      Word used = m.word("used", 0);
      Runnable reader = repeat(() -> {
        int index = srcu.readLock();
        srcu.assertReadHeld();
        if (pointer.readOnce() != 0 && freed.readOnce() != 0) {
          used.fetchAdd(1);
        }
        srcu.readUnlock(index);
      });
      return new Program(List.of(reader, reader, () -> {
        pointer.storeRelease(0);
        srcu.synchronize();
        freed.writeOnce(1);
      }), () -> assertThat(used.read()).as("uses after the free").isZero());
    });
  }

  @ParameterizedTest
  @EnumSource
  void rcuCallbacksRunInOrderAfterTheReaders(Bindings binding) {
    binding.run(ROUNDS, m -> {
      Rcu rcu = m.rcu();
      Word pointer = m.word("pointer", 1);
      Word order = m.word("order", 0);
      Word used = m.word("used", 0);
      Runnable reader = repeat(() -> {
        rcu.readLock();
        if (pointer.readOnce() != 0 && order.readOnce() != 0) {
          used.fetchAdd(1);
        }
        rcu.readUnlock();
      });
      return new Program(List.of(reader, () -> {
        pointer.storeRelease(0);
        rcu.call(() -> order.writeOnce(1));
        rcu.call(() -> order.writeOnce(order.readOnce() * 10 + 2));
      }), () -> {
        assertThat(order.read()).isEqualTo(12);
        assertThat(used.read()).as("uses after the free").isZero();
      });
    });
  }

  @ParameterizedTest
  @EnumSource
  void freedFramesComeBackLastInFirstOutAndZeroed(Bindings binding) {
    binding.run(1, m -> alone(() -> {
      Pages pages = m.pages();
      long one = pages.alloc(PageUse.TABLE, 4, Gfp.KERNEL);
      long two = pages.alloc(PageUse.TABLE, 4, Gfp.KERNEL);
      pages.words(two).at(3).writeOnce(7);
      pages.free(one);
      pages.free(two);
      assertThat(pages.words(two).at(3).readOnce()).as("memory outlives its owner").isEqualTo(7);
      assertThat(pages.alloc(PageUse.TABLE, 4, Gfp.ATOMIC)).isEqualTo(two);
      assertThat(pages.words(two).at(3).readOnce()).isZero();
      assertThat(pages.alloc(PageUse.TABLE, 4, Gfp.ATOMIC)).isEqualTo(one);
      long user = pages.alloc(PageUse.USER, 1, Gfp.KERNEL);
      long token = pages.clear(user);
      long copy = pages.alloc(PageUse.USER, 1, Gfp.KERNEL);
      pages.copy(copy, user);
      assertThat(pages.words(copy).at(0).readOnce()).isEqualTo(token).isNotZero();
    }));
  }

  @ParameterizedTest
  @EnumSource
  void aTranslationServesUntilItIsInvalidated(Bindings binding) {
    binding.run(1, m -> alone(() -> {
      Tlb tlb = m.tlb();
      long pfn = m.pages().alloc(PageUse.USER, 1, Gfp.KERNEL);
      assertThat(tlb.access(0, 1, 2, Access.LOAD, 0)).isEqualTo(Tlb.MISS);
      fill(tlb, 0, 3, pfn, Tlb.READ);
      assertThat(tlb.access(0, 1, 2, Access.LOAD, 0)).isEqualTo(Tlb.HIT);
      assertThat(tlb.access(1, 1, 2, Access.LOAD, 0)).as("another CPU").isEqualTo(Tlb.MISS);
      assertThat(tlb.access(0, 2, 2, Access.LOAD, 0)).as("another VM").isEqualTo(Tlb.MISS);
      assertThat(tlb.access(0, 1, 2, Access.STORE, 9)).isEqualTo(Tlb.DENIED);
      assertThat(tlb.deniedLevel()).isEqualTo(3);
      dropped(tlb, () -> tlb.tlbiIpa(1, 2 << 12, 2), false);
      dropped(tlb, () -> tlb.tlbiIpa(1, 2 << 12, 3), true);
      fill(tlb, 0, 3, pfn, Tlb.READ | Tlb.WRITE);
      assertThat(tlb.access(0, 1, 2, Access.STORE, 9)).isEqualTo(Tlb.HIT);
      assertThat(tlb.access(0, 1, 2, Access.LOAD, 0)).isEqualTo(Tlb.HIT);
      assertThat(tlb.loaded()).isEqualTo(9);
      dropped(tlb, () -> tlb.tlbiIpaLocal(1, 1, 2 << 12, Tlb.LEVEL_ANY), false);
      dropped(tlb, () -> tlb.tlbiRange(1, 1 << 12, 1), false);
      dropped(tlb, () -> tlb.tlbiRange(1, 1 << 12, 2), true);
      fill(tlb, 0, 3, pfn, Tlb.READ);
      dropped(tlb, () -> tlb.tlbiVmid(2), false);
      dropped(tlb, () -> tlb.tlbiVmid(1), true);
      fill(tlb, 0, 3, pfn, Tlb.READ);
      dropped(tlb, tlb::tlbiAll, true);
    }));
  }

  @ParameterizedTest
  @EnumSource
  void inveptDropsWhatItsCpuHasOfARoot(Bindings binding) {
    binding.run(1, m -> alone(() -> {
      Tlb tlb = m.tlb();
      long pfn = m.pages().alloc(PageUse.USER, 1, Gfp.KERNEL);
      fill(tlb, 0, 1, pfn, Tlb.READ);
      tlb.invept(1, 1);
      tlb.invept(0, 2);
      assertThat(tlb.access(0, 1, 2, Access.LOAD, 0)).as("another CPU's, another root's").isEqualTo(Tlb.HIT);
      tlb.invept(0, 1);
      assertThat(tlb.access(0, 1, 2, Access.LOAD, 0)).isEqualTo(Tlb.MISS);
      fill(tlb, 0, 1, pfn, Tlb.READ);
      tlb.invept(0, Tlb.EVERY_ROOT);
      assertThat(tlb.access(0, 1, 2, Access.LOAD, 0)).isEqualTo(Tlb.MISS);
    }));
  }

  @ParameterizedTest
  @EnumSource
  void aWalkForWhatIsCachedReplacesItOrDropsIt(Bindings binding) {
    binding.run(1, m -> alone(() -> {
      Tlb tlb = m.tlb();
      long pfn = m.pages().alloc(PageUse.USER, 1, Gfp.KERNEL);
      fill(tlb, 0, 1, pfn, Tlb.READ);
      assertThat(tlb.access(0, 1, 2, Access.STORE, 9)).isEqualTo(Tlb.DENIED);
      fill(tlb, 0, 1, pfn, Tlb.READ | Tlb.WRITE);
      assertThat(tlb.access(0, 1, 2, Access.STORE, 9)).isEqualTo(Tlb.HIT);
      tlb.walkBegin(0, 1, 2);
      assertThat(tlb.walkFault(0, 1, 2)).isTrue();
      assertThat(tlb.access(0, 1, 2, Access.LOAD, 0)).isEqualTo(Tlb.MISS);
    }));
  }

  @ParameterizedTest
  @EnumSource
  void aWalkThatAnInvalidationOvertookFillsNothing(Bindings binding) {
    binding.run(1, m -> alone(() -> {
      Tlb tlb = m.tlb();
      long pfn = m.pages().alloc(PageUse.USER, 1, Gfp.KERNEL);
      tlb.walkBegin(0, 1, 2);
      tlb.tlbiIpa(1, 2 << 12, 3);
      tlb.dsb();
      assertThat(tlb.fill(0, 1, 3, 2, 1, pfn, Tlb.READ)).isFalse();
      tlb.walkBegin(0, 1, 2);
      tlb.tlbiIpa(1, 3 << 12, 3);
      tlb.dsb();
      assertThat(tlb.fill(0, 1, 3, 2, 1, pfn, Tlb.READ)).as("another page's").isTrue();
      tlb.walkBegin(1, 1, 2);
      tlb.tlbiVmid(1);
      tlb.dsb();
      assertThat(tlb.walkFault(1, 1, 2)).isFalse();
    }));
  }

  private static void fill(Tlb tlb, int cpu, int level, long pfn, int permissions) {
    tlb.walkBegin(cpu, 1, 2);
    assertThat(tlb.fill(cpu, 1, level, 2, 1, pfn, permissions)).isTrue();
  }

  private static void dropped(Tlb tlb, Runnable invalidation, boolean gone) {
    tlb.dsbIshst();
    invalidation.run();
    tlb.dsb();
    assertThat(tlb.access(0, 1, 2, Access.LOAD, 0)).isEqualTo(gone ? Tlb.MISS : Tlb.HIT);
  }

  @ParameterizedTest
  @EnumSource
  void anInterruptThatIsWaitedForHasBeenTaken(Bindings binding) {
    binding.run(ROUNDS, m -> {
      Completion off = m.completion("off");
      Word inside = m.word("inside", 0);
      Word seen = m.word("seen", 0);
      return new Program(List.of(
          () -> {
            m.ipi().irqsOff(0);
            inside.writeOnce(1);
            off.complete();
            inside.writeOnce(0);
            m.ipi().irqsOn(0);
          },
          () -> {
            off.waitFor();
            m.ipi().sendAndWait(0);
            seen.writeOnce(inside.readOnce());
          }), () -> assertThat(seen.read()).isZero());
    });
  }

  @ParameterizedTest
  @EnumSource
  void aWarningYieldsItsCondition(Bindings binding) {
    binding.run(1, m -> alone(() -> {
      assertThat(m.warnOn(false, "nothing")).isFalse();
      assertThat(m.warnOn(true, "something")).isTrue();
    }));
  }

  private static Program alone(Runnable task) {
    return new Program(List.of(task), () -> {});
  }

  private static Runnable repeat(Runnable once) {
    return () -> {
      for (int i = 0; i < TIMES; i++) {
        once.run();
      }
    };
  }

  private static List<Runnable> times(int tasks, Runnable once) {
    return Collections.nCopies(tasks, repeat(once));
  }
}
