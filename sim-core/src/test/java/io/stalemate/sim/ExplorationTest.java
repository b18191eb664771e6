package io.stalemate.sim;

import static org.assertj.core.api.Assertions.assertThat;

import io.stalemate.machine.Mutex;
import io.stalemate.machine.Spinlock;
import io.stalemate.machine.Word;
import io.stalemate.oracle.Ending;
import io.stalemate.strategy.Announced;
import io.stalemate.strategy.DepthFirst;
import io.stalemate.strategy.RandomWalk;
import io.stalemate.strategy.Strategy;
import io.stalemate.trace.Op;
import io.stalemate.trace.Trace;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Which choices a world offers, counted and compared with what then happens. */
final class ExplorationTest {

  private static void addWriters(World world, int... lengths) {
    for (int task = 0; task < lengths.length; task++) {
      Word word = world.machine().word("w", task, 0);
      int length = lengths[task];
      world.addTask("t" + task, Role.HOST_MM, () -> {
        for (int i = 0; i < length; i++) {
          word.writeOnce(i);
        }
      });
    }
  }

  private static String order(Trace trace) {
    StringBuilder order = new StringBuilder();
    for (int event = 0; event < trace.size(); event++) {
      if (trace.isStep(event)) {
        order.append(trace.task(event));
      }
    }
    return order.toString();
  }

  @ParameterizedTest
  @CsvSource({
      "1, 1, 2", "2, 1, 3", "2, 2, 6", "3, 2, 10", "3, 3, 20", "5, 3, 56", "6, 6, 924", "7, 5, 792", "9, 1, 10"})
  void twoIndependentTasksHaveEachOrderOnce(int m, int n, int expected) {
    Set<String> orders = new TreeSet<>();
    int schedules = DepthFirst.everySchedule(world -> addWriters(world, m, n),
        (world, ending) -> orders.add(order(world.trace())));
    assertThat(schedules).isEqualTo(expected);
    assertThat(orders).hasSize(expected);
  }

  @ParameterizedTest
  @CsvSource({"1, 1, 1, 6", "2, 1, 1, 12", "2, 2, 2, 90", "3, 2, 1, 60", "4, 3, 2, 1260"})
  void threeIndependentTasksHaveEachOrderOnce(int k, int m, int n, int expected) {
    Set<String> orders = new TreeSet<>();
    int schedules = DepthFirst.everySchedule(world -> addWriters(world, k, m, n),
        (world, ending) -> orders.add(order(world.trace())));
    assertThat(schedules).isEqualTo(expected);
    assertThat(orders).hasSize(expected);
  }

  @Test
  void criticalSectionsOfOneLockNeverInterleave() {
    Set<String> orders = new TreeSet<>();
    int schedules = DepthFirst.everySchedule(world -> {
      Spinlock lock = world.machine().spinlock("mmu_lock");
      Word word = world.machine().word("w", 0);
      for (int task = 0; task < 3; task++) {
        world.addTask("t" + task, Role.HOST_MM, () -> {
          lock.lock();
          word.writeOnce(1);
          lock.unlock();
        });
      }
    }, (world, ending) -> orders.add(order(world.trace())));
    assertThat(orders).containsExactly(
        "000111222", "000222111", "111000222", "111222000", "222000111", "222111000");
    assertThat(schedules).isEqualTo(6);
  }

  /** Chooses as another strategy does and lets a test look at each choice. */
  private record Spy(Strategy inner, Look look) implements Strategy {
    interface Look {
      void at(long enabled, int chosen, Announced announced);
    }

    @Override
    public String name() {
      return inner.name();
    }

    @Override
    public void begin(long seed, int tasks) {
      inner.begin(seed, tasks);
    }

    @Override
    public int choose(int current, long enabled, Announced announced) {
      int chosen = inner.choose(current, enabled, announced);
      look.at(enabled, chosen, announced);
      return chosen;
    }
  }

  @Test
  void aTaskThatWaitsForALockIsNotOfferedWhileTheLockIsHeld() {
    World world = DirectEngine.world();
    int[] seen = new int[2];
    for (long seed = 0; seed < 200; seed++) {
      world.begin(WorldOptions.of(1));
      Mutex lock = world.machine().mutex("slots_lock");
      Word word = world.machine().word("w", 0);
      for (int task = 0; task < 3; task++) {
        world.addTask("t" + task, Role.HOST_MM, () -> {
          lock.lock();
          word.writeOnce(1);
          lock.unlock();
        });
      }
      world.run(new Spy(new RandomWalk(), (enabled, chosen, announced) -> {
        int inside = inside(world.trace());
        seen[inside < 0 ? 0 : 1]++;
        for (int task = 0; task < 3; task++) {
          boolean ended = ended(world.trace(), task);
          boolean offered = (enabled >>> task & 1) != 0;
          assertThat(offered).isEqualTo(!ended && (inside < 0 || inside == task));
        }
      }), seed, 100);
    }
    assertThat(seen).containsExactly(600, 1200);
  }

  /** Yields the task that holds the one mutex of the run, or -1. */
  private static int inside(Trace trace) {
    for (int event = trace.size() - 1; event >= 0; event--) {
      if (trace.op(event) == Op.MUTEX_UNLOCK) {
        return -1;
      }
      if (trace.op(event) == Op.MUTEX_LOCK) {
        return trace.task(event);
      }
    }
    return -1;
  }

  private static boolean ended(Trace trace, int task) {
    for (int event = 0; event < trace.size(); event++) {
      if (trace.op(event) == Op.TASK_END && trace.task(event) == task) {
        return true;
      }
    }
    return false;
  }

  @Test
  void whatIsAnnouncedAndChosenIsWhatHappensNext() {
    record Choice(int task, Op op, int object) {}
    World world = DirectEngine.world();
    Set<Op> exercised = new TreeSet<>();
    for (long seed = 0; seed < 500; seed++) {
      List<Choice> choices = new ArrayList<>();
      world.begin(WorldOptions.of(2));
      MixedProgram.build(world);
      Ending ending = world.run(new Spy(new RandomWalk(), (enabled, chosen, announced) -> choices.add(
          new Choice(chosen, Op.of(announced.opcode(chosen)), announced.object(chosen)))), seed, 2_000);
      assertThat(ending).isEqualTo(Ending.QUIESCENT);
      Trace trace = world.trace();
      int step = 0;
      for (int event = 0; event < trace.size(); event++) {
        if (trace.isStep(event)) {
          Choice choice = choices.get(step++);
          assertThat(trace.task(event)).isEqualTo(choice.task());
          assertThat(trace.op(event)).isIn(possible(choice.op()));
          if (namesItsObject(trace.op(event))) {
            assertThat(trace.object(event)).as("object of %s", trace.op(event)).isEqualTo(choice.object());
          }
          exercised.add(trace.op(event));
        }
      }
      assertThat(step).isEqualTo(choices.size()).isEqualTo(world.steps());
    }
    assertThat(exercised).hasSizeGreaterThan(35);
  }

  /** What an announced operation may turn out to be: it is one operation, with an outcome. */
  private static List<Op> possible(Op announced) {
    return switch (announced) {
      case WRITE_LOCK -> List.of(Op.WRITE_LOCK, Op.WRITE_LOCK_QUEUED);
      case DOWN_WRITE -> List.of(Op.DOWN_WRITE, Op.DOWN_WRITE_QUEUED);
      case GUEST_LOAD, GUEST_STORE, GUEST_FETCH, GUEST_LOAD_TAGS, GUEST_STORE_TAGS ->
          List.of(announced, Op.TLB_MISS, Op.TLB_DENIED);
      case TLB_FILL, WALK_FAULT -> List.of(announced, Op.WALK_AGAIN);
      default -> List.of(announced);
    };
  }

  /** Which page is allocated, or reached by a guest access, is known only when it happens; a TLBI names no object. */
  private static boolean namesItsObject(Op op) {
    return switch (op) {
      case PAGE_ALLOC, GUEST_LOAD, GUEST_STORE, GUEST_FETCH, GUEST_LOAD_TAGS, GUEST_STORE_TAGS, TLBI_IPA,
          TLBI_IPA_LOCAL, TLBI_RANGE, TLBI_VMID,
          TLBI_ALL -> false;
      default -> true;
    };
  }
}
