package io.stalemate.strategy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.stalemate.machine.Word;
import io.stalemate.oracle.Ending;
import io.stalemate.sim.DirectEngine;
import io.stalemate.sim.Role;
import io.stalemate.sim.World;
import io.stalemate.sim.WorldOptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class PctTest {

  private static final int RUNS = 6_000;

  private final World world = DirectEngine.world();
  private int steps;

  /**
   * A bug of depth {@code depth} between a reader and a writer, beside {@code idle} tasks, all with {@code padding}
   * steps first: the reader must find the values 1, 2, ... with the writer's last store not yet done at each look.
   */
  private int found(int depth, int idle, int padding, Strategy strategy) {
    int found = 0;
    for (long run = 0; run < RUNS; run++) {
      world.begin(WorldOptions.of(1));
      Word word = world.machine().word("w", 0);
      Word pad = world.machine().word("pad", 0);
      boolean[] hit = {true};
      world.addTask("reader", Role.VCPU, () -> {
        pad(pad, padding);
        for (int look = 0; look < depth / 2 + 1; look++) {
          hit[0] &= word.readOnce() == look + (depth & 1);
        }
      });
      world.addTask("writer", Role.HOST_MM, () -> {
        pad(pad, padding);
        for (int store = 1; store < depth / 2 + 1 + (depth & 1); store++) {
          word.writeOnce(store);
        }
      });
      for (int i = 0; i < idle; i++) {
        world.addTask("idle" + i, Role.VCPU, () -> pad(pad, padding));
      }
      assertThat(world.run(strategy, Seeded.derive(depth, run), 1_000)).isEqualTo(Ending.QUIESCENT);
      steps = world.steps();
      found += hit[0] ? 1 : 0;
    }
    return found;
  }

  private static void pad(Word word, int steps) {
    for (int i = 0; i < steps; i++) {
      word.readOnce();
    }
  }

  /** Runs that find the bug at least, if each does with the promised probability: less four standard deviations. */
  private static double promised(int tasks, int steps, int depth) {
    double expected = RUNS / (tasks * Math.pow(steps, depth - 1));
    return expected - 4 * Math.sqrt(expected);
  }

  @ParameterizedTest
  @CsvSource({"1, 0, 3", "1, 2, 5", "2, 0, 2", "2, 2, 4", "2, 4, 10", "3, 0, 2", "3, 1, 3", "4, 0, 1"})
  void findsABugOfItsDepthAsOftenAsPromised(int depth, int idle, int padding) {
    found(depth, idle, padding, new Pct(1, 1, false));
    int found = found(depth, idle, padding, new Pct(depth, steps, false));
    assertThat((double) found).isGreaterThanOrEqualTo(promised(idle + 2, steps, depth)).isPositive();
  }

  @ParameterizedTest
  @CsvSource({"2, 2, 4", "3, 1, 3", "4, 0, 2"})
  void neverFindsABugThatNeedsMoreSwitchesThanItMakes(int depth, int idle, int padding) {
    found(depth, idle, padding, new Pct(1, 1, false));
    assertThat(found(depth, idle, padding, new Pct(depth - 1, steps, false))).isZero();
  }

  @Test
  void theTaskThatWouldGoAtAChangePointDropsBelowTheOthersThere() {
    Announced anything = new Announced() {
      @Override
      public int opcode(int task) {
        return 0;
      }

      @Override
      public int object(int task) {
        return 0;
      }
    };
    // A run of one step has its change point there, and priorities are drawn before change points.
    Pct without = new Pct(1, 1, false);
    Pct with = new Pct(2, 1, false);
    for (long seed = 0; seed < 100; seed++) {
      without.begin(seed, 2);
      with.begin(seed, 2);
      int first = without.choose(-1, 0b11, anything);
      assertThat(with.choose(-1, 0b11, anything)).isEqualTo(1 - first);
      assertThat(with.choose(1 - first, 0b11, anything)).as("and stays there").isEqualTo(1 - first);
      assertThat(with.choose(-1, 1L << first, anything)).isEqualTo(first);
    }
  }

  private Ending waitForAFlag(Strategy strategy, long seed, boolean saysSo) {
    world.begin(WorldOptions.of(1));
    Word flag = world.machine().word("flag", 0);
    world.addTask("waiter", Role.VCPU, () -> {
      while (flag.readOnce() == 0) {
        if (saysSo) {
          world.machine().retrying();
        }
      }
    });
    world.addTask("setter", Role.HOST_MM, () -> flag.writeOnce(1));
    return world.run(strategy, seed, 2_000);
  }

  @Test
  void theFairFormEndsRetryLoopsThatStrictPrioritiesSpinIn() {
    int spun = 0;
    for (long seed = 0; seed < 1_000; seed++) {
      assertThat(waitForAFlag(new Pct(3, 20, true), seed, false)).isEqualTo(Ending.QUIESCENT);
      spun += waitForAFlag(new Pct(1, 20, false), seed, false) == Ending.BOUND ? 1 : 0;
    }
    // The waiter is the higher one in half of the runs.
    assertThat(spun).isBetween(420, 580);
  }

  @Test
  void aTaskThatSaysThatItRetriesLetsOthersGo() {
    for (long seed = 0; seed < 1_000; seed++) {
      assertThat(waitForAFlag(new Pct(2, 20, false), seed, true)).isEqualTo(Ending.QUIESCENT);
    }
  }

  @Test
  void namesSayDepthAndFairness() {
    assertThat(new Pct(3, 10, false).name()).isEqualTo("pct3");
    assertThat(new Pct(2, 10, true).name()).isEqualTo("fpct2");
    assertThatThrownBy(() -> new Pct(0, 10, false)).isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> new Pct(1, 0, false)).isInstanceOf(IllegalArgumentException.class);
  }
}
