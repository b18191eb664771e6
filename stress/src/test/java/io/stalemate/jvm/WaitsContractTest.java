package io.stalemate.jvm;

import static io.stalemate.jvm.Program.TIMES;
import static io.stalemate.jvm.Program.alone;
import static io.stalemate.jvm.Program.until;
import static org.assertj.core.api.Assertions.assertThat;

import io.stalemate.machine.Completion;
import io.stalemate.machine.Machine;
import io.stalemate.machine.RcuWait;
import io.stalemate.machine.TaskState;
import io.stalemate.machine.WaitQueue;
import io.stalemate.machine.Word;
import io.stalemate.machine.WordArray;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What kernel text may rely on of sleeping and waking up, whatever it runs on. */
class WaitsContractTest {

  /** Each time with a condition of its own: a wake-up comes now before the sleep and now after. */
  @ParameterizedTest
  @EnumSource(Bindings.class)
  void stateBeforeTestLosesNoWakeUp(Binding binding) {
    binding.run(Binding.ROUNDS, m -> {
      RcuWait wait = m.rcuWait("wait");
      WordArray conditions = m.words("condition", TIMES);
      Word done = m.word("done", 0);
      return new Program(List.of(
          () -> {
            for (int i = 0; i < TIMES; i++) {
              sleepUntil(m, wait, conditions.at(i));
              done.fetchAdd(1);
            }
          },
          () -> {
            for (int i = 0; i < TIMES; i++) {
              conditions.at(i).writeOnce(1);
              wait.wakeUp();
              int times = i + 1;
              until(m, () -> done.readOnce() == times);
            }
          }), () -> assertThat(done.read()).isEqualTo(TIMES));
    });
  }

  private static void sleepUntil(Machine m, RcuWait wait, Word condition) {
    wait.prepare();
    m.setCurrentState(TaskState.UNINTERRUPTIBLE);
    while (condition.readOnce() == 0) {
      m.schedule();
      m.setCurrentState(TaskState.UNINTERRUPTIBLE);
    }
    wait.finish();
  }

  @ParameterizedTest
  @EnumSource(Bindings.class)
  void aWakeUpSaysWhetherSomebodySlept(Binding binding) {
    binding.run(Binding.ROUNDS, m -> {
      RcuWait wait = m.rcuWait("wait");
      Word ready = m.word("ready", 0);
      Word woken = m.word("woken", 0);
      return new Program(List.of(
          () -> {
            wait.prepare();
            m.setCurrentState(TaskState.INTERRUPTIBLE);
            ready.writeOnce(1);
            m.schedule();
            wait.finish();
          },
          () -> {
            until(m, () -> ready.readOnce() == 1);
            woken.fetchAdd(wait.wakeUp() ? 1 : 0);
            woken.fetchAdd(wait.wakeUp() ? 1 : 0);
          }), () -> assertThat(woken.read()).isEqualTo(1));
    });
  }

  @ParameterizedTest
  @EnumSource(Bindings.class)
  void nobodyIsWokenWhereNobodyWaits(Binding binding) {
    binding.run(1, m -> alone(() -> {
      RcuWait wait = m.rcuWait("wait");
      assertThat(wait.wakeUp()).isFalse();
      wait.prepare();
      assertThat(wait.wakeUp()).as("a waiter that runs").isFalse();
      wait.finish();
      m.waitQueue("queue").wakeUpAll();
      m.setCurrentState(TaskState.INTERRUPTIBLE);
      m.setCurrentState(TaskState.RUNNING);
      m.schedule();
    }));
  }

  @ParameterizedTest
  @EnumSource(Bindings.class)
  void wakeUpAllReachesEveryWaiter(Binding binding) {
    binding.run(Binding.ROUNDS, m -> {
      WaitQueue queue = m.waitQueue("queue");
      WordArray conditions = m.words("condition", TIMES);
      Word done = m.word("done", 0);
      Runnable waiter = () -> {
        for (int i = 0; i < TIMES; i++) {
          queue.prepare(TaskState.UNINTERRUPTIBLE);
          while (conditions.at(i).readOnce() == 0) {
            m.schedule();
            queue.prepare(TaskState.UNINTERRUPTIBLE);
          }
          queue.finish();
          done.fetchAdd(1);
        }
      };
      return new Program(List.of(waiter, waiter, () -> {
        for (int i = 0; i < TIMES; i++) {
          conditions.at(i).writeOnce(1);
          queue.wakeUpAll();
          int times = i + 1;
          until(m, () -> done.readOnce() == 2 * times);
        }
      }), () -> assertThat(done.read()).isEqualTo(2 * TIMES));
    });
  }

  @ParameterizedTest
  @EnumSource(Bindings.class)
  void wakeUpReachesWhoWaitedFirst(Binding binding) {
    binding.run(Binding.ROUNDS, m -> {
      WaitQueue queue = m.waitQueue("queue");
      Word order = m.word("order", 0);
      Word waiting = m.word("waiting", 0);
      Runnable first = () -> {
        queue.prepare(TaskState.UNINTERRUPTIBLE);
        waiting.writeOnce(1);
        m.schedule();
        order.writeOnce(order.readOnce() * 10 + 1);
        queue.finish();
        queue.wakeUp();
      };
      Runnable second = () -> {
        until(m, () -> waiting.readOnce() == 1);
        queue.prepare(TaskState.UNINTERRUPTIBLE);
        waiting.writeOnce(2);
        m.schedule();
        order.writeOnce(order.readOnce() * 10 + 2);
        queue.finish();
      };
      return new Program(List.of(first, second, () -> {
        until(m, () -> waiting.readOnce() == 2);
        queue.wakeUp();
      }), () -> assertThat(order.read()).isEqualTo(12));
    });
  }

  @ParameterizedTest
  @EnumSource(Bindings.class)
  void aCompletionServesOneWaitEach(Binding binding) {
    binding.run(Binding.ROUNDS, m -> {
      Completion completion = m.completion("completion");
      Word data = m.word("data", 0);
      Word early = m.word("early", 0);
      return new Program(List.of(
          () -> {
            for (int i = 1; i <= TIMES; i++) {
              data.write(i);
              completion.complete();
            }
          },
          () -> {
            for (int i = 1; i <= TIMES; i++) {
              completion.waitFor();
              early.fetchAdd(data.readOnce() < i ? 1 : 0);
            }
          }), () -> assertThat(early.read()).as("waits that ended before their turn").isZero());
    });
  }

  @ParameterizedTest
  @EnumSource(Bindings.class)
  void completeAllServesEveryWait(Binding binding) {
    binding.run(Binding.ROUNDS, m -> {
      Completion completion = m.completion("completion");
      Word data = m.word("data", 0);
      Word seen = m.word("seen", 0);
      Runnable waiter = () -> {
        for (int i = 0; i < TIMES; i++) {
          completion.waitFor();
          seen.fetchAdd(data.read());
        }
      };
      return new Program(List.of(waiter, waiter, () -> {
        data.write(1);
        completion.completeAll();
      }), () -> assertThat(seen.read()).isEqualTo(2 * TIMES));
    });
  }
}
