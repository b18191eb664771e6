package io.stalemate.sim;

import static org.assertj.core.api.Assertions.assertThat;

import io.stalemate.machine.Word;
import io.stalemate.strategy.Announced;
import io.stalemate.strategy.Follow;
import io.stalemate.strategy.Pct;
import io.stalemate.strategy.RandomWalk;
import io.stalemate.strategy.Recording;
import io.stalemate.strategy.Replay;
import io.stalemate.strategy.RunTwice;
import io.stalemate.strategy.Schedule;
import io.stalemate.strategy.Strategy;
import io.stalemate.trace.Trace;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

/** A schedule is all there is to a run. */
final class ReplayTest {

  private static final int RUNS = 1_000;

  private final World world = DirectEngine.world();

  private long run(Strategy strategy, long seed) {
    world.begin(WorldOptions.of(2));
    MixedProgram.build(world);
    world.run(strategy, seed, 2_000);
    return world.trace().hash();
  }

  private static int[] tasksByStep(Trace trace) {
    int[] tasks = new int[trace.size()];
    int step = 0;
    for (int event = 0; event < trace.size(); event++) {
      if (trace.isStep(event)) {
        tasks[step++] = trace.task(event);
      }
    }
    return Arrays.copyOf(tasks, step);
  }

  @Test
  void theRecordedScheduleGivesTheSameTrace() {
    Recording recording = new Recording(new RandomWalk());
    for (long seed = 0; seed < RUNS; seed++) {
      long hash = run(recording, seed);
      assertThat(recording.steps()).isEqualTo(world.steps());
      Replay replay = new Replay(recording.schedule());
      assertThat(run(replay, 0)).isEqualTo(hash);
      assertThat(replay.missed()).isZero();
    }
  }

  @Test
  void theTasksOfATraceInOrderGiveTheSameTrace() {
    RandomWalk walk = new RandomWalk();
    for (long seed = 0; seed < RUNS; seed++) {
      long hash = run(walk, seed);
      Follow follow = new Follow(tasksByStep(world.trace()));
      assertThat(run(follow, 0)).isEqualTo(hash);
      assertThat(follow.left()).isEqualTo(Follow.NEVER);
    }
  }

  @Test
  void aRunUnderPctRecordsFewDeviations() {
    Recording recording = new Recording(new Pct(3, 60, false));
    for (long seed = 0; seed < 200; seed++) {
      long hash = run(recording, seed);
      assertThat(recording.schedule().size()).isLessThan(world.steps() / 2);
      assertThat(run(new Replay(recording.schedule()), 0)).isEqualTo(hash);
    }
  }

  @Test
  void followSaysWhereItLeavesTheRecord() {
    run(new RandomWalk(), 4);
    int[] tasks = tasksByStep(world.trace());
    tasks[7] = 40;
    Follow follow = new Follow(tasks);
    run(follow, 0);
    assertThat(follow.left()).isEqualTo(7);
    Follow tooShort = new Follow(Arrays.copyOf(tasks, 5));
    run(tooShort, 0);
    assertThat(tooShort.left()).isEqualTo(5);
  }

  @Test
  void replayCountsDeviationsItCannotFollow() {
    Replay replay = new Replay(new Schedule(new int[] {3, 100_000}, new int[] {40, 1}));
    run(replay, 0);
    assertThat(replay.missed()).isEqualTo(2);
  }

  @Test
  void offeredHoldsWhatElseCouldHaveRun() {
    Recording recording = new Recording(new RandomWalk());
    run(recording, 1);
    int[] tasks = tasksByStep(world.trace());
    for (int step = 0; step < tasks.length; step++) {
      assertThat(recording.offered(step) >>> tasks[step] & 1).isOne();
    }
    assertThat(recording.offered(0)).isEqualTo(0b1111);
  }

  @Test
  void runTwiceFindsNothingInADeterministicProgram() {
    RunTwice twice = new RunTwice(new RandomWalk());
    for (long seed = 0; seed < 200; seed++) {
      twice.first();
      run(twice, seed);
      twice.second();
      run(twice, seed);
      assertThat(twice.difference()).isEqualTo(RunTwice.SAME);
    }
  }

  /** One task whose fifth operation differs, is missing or is one too many in every second run. */
  private int plantedDifference(int planted) {
    RunTwice twice = new RunTwice(new RandomWalk());
    for (int half = 0; half < 2; half++) {
      if (half == 0) {
        twice.first();
      } else {
        twice.second();
      }
      world.begin(WorldOptions.of(1));
      Word word = world.machine().word("w", 0);
      Word other = world.machine().word("v", 0);
      int length = half == 0 ? 5 : planted;
      boolean swaps = half == 1 && planted == 0;
      world.addTask("t", Role.VCPU, () -> {
        for (int i = 0; i < (swaps ? 5 : length); i++) {
          (swaps && i == 2 ? other : word).writeOnce(i);
        }
      });
      world.run(twice, 1, 100);
    }
    return twice.difference();
  }

  @Test
  void runTwiceFindsAPlantedDifferenceAtItsStep() {
    assertThat(plantedDifference(5)).as("same length").isEqualTo(RunTwice.SAME);
    assertThat(plantedDifference(4)).as("one step fewer").isEqualTo(4);
    assertThat(plantedDifference(6)).as("one step more").isEqualTo(5);
    assertThat(plantedDifference(0)).as("another object").isEqualTo(2);
  }

  @Test
  void theRuleOfReplayKeepsTheCurrentTaskGoing() {
    Strategy rule = new Replay(new Schedule(new int[0], new int[0]));
    rule.begin(0, 3);
    Announced nothing = new Announced() {
      @Override
      public int opcode(int task) {
        return Code.READ_ONCE;
      }

      @Override
      public int object(int task) {
        return 0;
      }
    };
    assertThat(rule.choose(-1, 0b110, nothing)).isEqualTo(1);
    assertThat(rule.choose(1, 0b111, nothing)).isEqualTo(1);
    assertThat(rule.choose(-1, 0b101, nothing)).as("the next in number order").isEqualTo(2);
    assertThat(rule.choose(-1, 0b011, nothing)).as("and around").isEqualTo(0);
  }
}
