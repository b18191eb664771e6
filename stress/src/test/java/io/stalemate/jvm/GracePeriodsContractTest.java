package io.stalemate.jvm;

import static io.stalemate.jvm.Program.repeat;
import static io.stalemate.jvm.Program.until;
import static org.assertj.core.api.Assertions.assertThat;

import io.stalemate.machine.Machine;
import io.stalemate.machine.Rcu;
import io.stalemate.machine.Srcu;
import io.stalemate.machine.Word;
import java.util.List;
import java.util.function.Consumer;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What kernel text may rely on of SRCU and RCU, whatever it runs on. */
class GracePeriodsContractTest {

  /** What a reader does around its use of a pointer. */
  private interface Reader {
    void read(Runnable use);
  }

  @ParameterizedTest
  @EnumSource(Bindings.class)
  void anSrcuGracePeriodWaitsForReadersThatCameBefore(Binding binding) {
    binding.run(Binding.ROUNDS, m -> {
      Srcu srcu = m.srcu("srcu");
      return freedUnderReaders(m, use -> {
        int index = srcu.readLock();
        use.run();
        srcu.readUnlock(index);
      }, free -> {
        srcu.synchronize();
        free.run();
      });
    });
  }

  @ParameterizedTest
  @EnumSource(Bindings.class)
  void theEndOfAnInnerSectionIsNotTheEnd(Binding binding) {
    binding.run(Binding.ROUNDS, m -> {
      Srcu srcu = m.srcu("srcu");
      return freedUnderReaders(m, use -> {
        int outer = srcu.readLock();
        int inner = srcu.readLock();
        srcu.readUnlock(inner);
        use.run();
        srcu.readUnlock(outer);
      }, free -> {
        srcu.synchronize();
        free.run();
      });
    });
  }

  @ParameterizedTest
  @EnumSource(Bindings.class)
  void anRcuGracePeriodWaitsForReadersThatCameBefore(Binding binding) {
    binding.run(Binding.ROUNDS, m -> freedUnderReaders(m, nested(m.rcu()), free -> {
      m.rcu().synchronize();
      free.run();
    }));
  }

  @ParameterizedTest
  @EnumSource(Bindings.class)
  void anRcuCallbackWaitsForReadersThatCameBefore(Binding binding) {
    binding.run(Binding.ROUNDS, m -> freedUnderReaders(m, nested(m.rcu()), free -> m.rcu().call(free)));
  }

  private static Reader nested(Rcu rcu) {
    return use -> {
      rcu.readLock();
      rcu.readLock();
      rcu.readUnlock();
      use.run();
      rcu.readUnlock();
    };
  }

  /** A pointer is taken away; {@code free} is run by {@code afterwards} when nobody can have it any more. */
  private static Program freedUnderReaders(Machine m, Reader reader, Consumer<Runnable> afterwards) {
    Word pointer = m.word("pointer", 1);
    Word freed = m.word("freed", 0);
    Word used = m.word("used", 0);
    Runnable reading = repeat(() -> reader.read(() -> {
      if (pointer.readOnce() != 0 && freed.readOnce() != 0) {
        used.fetchAdd(1);
      }
    }));
    return new Program(List.of(reading, reading, () -> {
      pointer.storeRelease(0);
      afterwards.accept(() -> freed.writeOnce(1));
    }), () -> {
      assertThat(freed.read()).isEqualTo(1);
      assertThat(used.read()).as("uses after the free").isZero();
    });
  }

  /** Plain accesses: the grace period orders them. */
  @ParameterizedTest
  @EnumSource(Bindings.class)
  void whatAReaderDidIsSeenAfterTheGracePeriod(Binding binding) {
    binding.run(Binding.ROUNDS, m -> {
      Srcu srcu = m.srcu("srcu");
      Word inside = m.word("inside", 0);
      Word data = m.word("data", 0);
      Word seen = m.word("seen", 0);
      return new Program(List.of(
          () -> {
            int index = srcu.readLock();
            inside.writeOnce(1);
            data.write(7);
            srcu.readUnlock(index);
          },
          () -> {
            until(m, () -> inside.readOnce() == 1);
            srcu.synchronize();
            seen.write(data.read());
          }), () -> assertThat(seen.read()).isEqualTo(7));
    });
  }

  /** The late reader waits for the grace period, which waits for the early one. */
  @ParameterizedTest
  @EnumSource(Bindings.class)
  void readersThatCameLaterAreNotWaitedFor(Binding binding) {
    binding.run(Binding.ROUNDS, m -> {
      Srcu srcu = m.srcu("srcu");
      Word early = m.word("early", -1);
      Word late = m.word("late", 0);
      Word over = m.word("over", 0);
      return new Program(List.of(
          () -> {
            int index = srcu.readLock();
            early.writeOnce(index);
            until(m, () -> late.readOnce() == 1);
            srcu.readUnlock(index);
          },
          () -> {
            until(m, () -> early.readOnce() >= 0);
            srcu.synchronize();
            over.writeOnce(1);
          },
          () -> {
            until(m, () -> early.readOnce() >= 0);
            // Readers get the other index once the grace period has begun.
            int index = srcu.readLock();
            while (index == early.readOnce()) {
              srcu.readUnlock(index);
              m.retrying();
              index = srcu.readLock();
            }
            late.writeOnce(1);
            until(m, () -> over.readOnce() == 1);
            srcu.readUnlock(index);
          }), () -> assertThat(over.read()).isEqualTo(1));
    });
  }

  @ParameterizedTest
  @EnumSource(Bindings.class)
  void domainsDoNotWaitForEachOther(Binding binding) {
    binding.run(Binding.ROUNDS, m -> {
      Srcu one = m.srcu("one");
      Srcu two = m.srcu("two");
      Word inside = m.word("inside", 0);
      Word over = m.word("over", 0);
      return new Program(List.of(
          () -> {
            int index = one.readLock();
            inside.writeOnce(1);
            until(m, () -> over.readOnce() == 1);
            one.readUnlock(index);
          },
          () -> {
            until(m, () -> inside.readOnce() == 1);
            two.synchronize();
            m.rcu().synchronize();
            over.writeOnce(1);
          }), () -> assertThat(over.read()).isEqualTo(1));
    });
  }

  @ParameterizedTest
  @EnumSource(Bindings.class)
  void rcuCallbacksRunInTheOrderTheyWereQueued(Binding binding) {
    binding.run(Binding.ROUNDS, m -> {
      Rcu rcu = m.rcu();
      Word order = m.word("order", 0);
      return new Program(List.of(() -> {
        rcu.readLock();
        for (int i = 1; i <= 4; i++) {
          int callback = i;
          rcu.call(() -> order.writeOnce(order.readOnce() * 10 + callback));
        }
        rcu.readUnlock();
      }), () -> assertThat(order.read()).isEqualTo(1234));
    });
  }
}
