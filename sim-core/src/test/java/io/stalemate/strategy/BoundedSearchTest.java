package io.stalemate.strategy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.stalemate.machine.Completion;
import io.stalemate.oracle.Ending;
import io.stalemate.sim.DirectEngine;
import io.stalemate.sim.Role;
import io.stalemate.sim.World;
import io.stalemate.sim.WorldOptions;
import io.stalemate.trace.Trace;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Which schedules a bounded search runs, against those written down by hand or counted in other ways. */
final class BoundedSearchTest {

  private static final int STEPS_MAX = 400;

  private final World world = DirectEngine.world();
  private Ending ending = Ending.QUIESCENT;

  private void run(Strategy strategy, Consumer<World> program) {
    world.begin(WorldOptions.of(2));
    program.accept(world);
    ending = world.run(strategy, 0, STEPS_MAX);
  }

  /** Runs every schedule and lets {@code each} look after each; yields their number. */
  private int search(BoundedSearch search, Consumer<World> program, Runnable each) {
    int schedules = 0;
    do {
      run(search, program);
      each.run();
      schedules++;
    } while (search.next());
    assertThat(search.difference()).isEqualTo(BoundedSearch.SAME);
    return schedules;
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

  private List<String> orders(int bound, Toy program) {
    List<String> orders = new ArrayList<>();
    search(new BoundedSearch(bound), program::build, () -> orders.add(order(world.trace())));
    return orders;
  }

  @ParameterizedTest
  @CsvSource({"0, 2", "1, 8", "2, 26"})
  void twoTasksOfFourStepsHaveAsManySchedulesAsCuts(int bound, int expected) {
    // Either begins: 2. It is cut at one of 3 places: 6 more. So is then the other, and the first goes on: 18 more.
    assertThat(orders(bound, new Toy("wwww", "wwww"))).hasSize(expected).doesNotHaveDuplicates();
  }

  @Test
  void threeTasksEndInEveryOrderWithoutPreemption() {
    assertThat(orders(0, new Toy("ww", "w", "www")))
        .containsExactlyInAnyOrder("001222", "002221", "100222", "122200", "222001", "222100");
  }

  @Test
  void theFirstScheduleSwitchesOnlyWhenItMust() {
    Recording recording = new Recording(new BoundedSearch(2));
    run(recording, new Toy("wwlwu", "lwuw", "ww")::build);
    assertThat(recording.schedule().size()).isZero();
  }

  @ParameterizedTest
  @ValueSource(strings = {"www ww", "lwu lwu", "wlwu lwuw", "lwu lwu w", "wlu wlu ww", "llw w", "wlw lw lw"})
  void ofAllSchedulesThoseWithinTheBoundAreRunOnceEach(String text) {
    Toy program = new Toy(text.split(" "));
    List<List<String>> within = List.of(new ArrayList<>(), new ArrayList<>(), new ArrayList<>(), new ArrayList<>());
    DepthFirst all = new DepthFirst();
    CountingPreemptions counting = new CountingPreemptions(all);
    do {
      run(counting, program::build);
      for (int bound = counting.preemptions(); bound < within.size(); bound++) {
        within.get(bound).add(order(world.trace()));
      }
    } while (all.next());
    for (int bound = 0; bound < within.size(); bound++) {
      assertThat(orders(bound, program)).containsExactlyInAnyOrderElementsOf(within.get(bound));
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"r s", "r ws", "rw lwu s", "r r s", "wr rw ws", "r r ws", "rl wsl", "lru ws r", "r rs w s"})
  void programsThatGoRoundHaveTheSchedulesThatTheRulesGiveThem(String text) {
    Toy program = new Toy(text.split(" "));
    for (int bound = 0; bound < 4; bound++) {
      assertThat(orders(bound, program)).containsExactlyInAnyOrderElementsOf(program.schedules(bound, STEPS_MAX));
    }
  }

  @Test
  void drawnProgramsHaveTheSchedulesThatTheRulesGiveThem() {
    Seeded random = new Seeded(5);
    int several = 0;
    for (int i = 0; i < 150; i++) {
      String[] tasks = new String[2 + random.below(2)];
      for (int task = 0; task < tasks.length; task++) {
        StringBuilder text = new StringBuilder();
        for (int left = 1 + random.below(3); left > 0; left--) {
          text.append(List.of("w", "s", "r", "lwu", "lu").get(random.below(5)));
        }
        tasks[task] = text.toString();
      }
      // Somebody raises the flag in the end, or the program may go round for ever.
      tasks[tasks.length - 1] = tasks[tasks.length - 1].replace('r', 'w') + "s";
      Toy program = new Toy(tasks);
      for (int bound = 0; bound < 3; bound++) {
        List<String> orders = orders(bound, program);
        assertThat(orders).as(String.join(" ", tasks))
            .containsExactlyInAnyOrderElementsOf(program.schedules(bound, STEPS_MAX));
        several += orders.size() > 100 ? 1 : 0;
      }
    }
    assertThat(several).isGreaterThan(50);
  }

  @Test
  void preemptionsOfTheLastScheduleAreKnown() {
    int[] byPreemptions = new int[3];
    BoundedSearch search = new BoundedSearch(2);
    CountingPreemptions counting = new CountingPreemptions(search);
    do {
      run(counting, new Toy("wlwu", "lwuw", "w")::build);
      assertThat(search.preemptions()).isEqualTo(counting.preemptions());
      byPreemptions[search.preemptions()]++;
    } while (search.next());
    assertThat(byPreemptions).doesNotContain(0);
  }

  @Test
  void aRunWithoutNextIsTheLastOneAgain() {
    BoundedSearch search = new BoundedSearch(2);
    Consumer<World> program = new Toy("rlwu", "lwu", "ws")::build;
    int[] schedules = new int[1];
    search(search, program, () -> {
      long hash = world.trace().hash();
      run(search, program);
      assertThat(world.trace().hash()).isEqualTo(hash);
      schedules[0]++;
    });
    assertThat(schedules[0]).isGreaterThan(100);
  }

  @Test
  void everyScheduleReplaysToTheSameTrace() {
    Consumer<World> program = new Toy("rlwu", "lwuw", "ws")::build;
    BoundedSearch search = new BoundedSearch(2);
    Recording recording = new Recording(search);
    do {
      run(recording, program);
      long hash = world.trace().hash();
      Replay replay = new Replay(recording.schedule());
      run(replay, program);
      assertThat(world.trace().hash()).isEqualTo(hash);
      assertThat(replay.missed()).isZero();
    } while (search.next());
  }

  @ParameterizedTest
  @CsvSource({"r r, 2", "wrw rw, 2", "r r w, 2", "r, 2"})
  void tasksThatGoRoundForEverReachTheBoundOnStepsInFewSchedules(String text, int bound) {
    List<Ending> endings = new ArrayList<>();
    BoundedSearch search = new BoundedSearch(bound);
    int schedules = search(search, new Toy(text.split(" "))::build, () -> endings.add(ending));
    assertThat(endings).containsOnly(Ending.BOUND);
    assertThat(search.thinned()).isEqualTo(text.contains(" "));
    assertThat(schedules).isLessThan(8_000);
  }

  @Test
  void whoGoesRoundStandsAsideUntilSomebodyHasEnded() {
    Toy program = new Toy("r", "www", "s");
    assertThat(orders(0, program)).containsExactlyInAnyOrder(
        "0111200", "011100200", "0200111", "0211100", "11120", "1110200", "20111", "21110");
    assertThat(orders(1, program)).contains("000111200", "010011200").noneMatch(order -> order.startsWith("0000"));
  }

  @Test
  void roundsForNothingAreCountedAnewOnceSomebodyHasEnded() {
    BoundedSearch search = new BoundedSearch(1);
    search(search, machine -> {
      Completion begun = machine.machine().completion("begun");
      for (int task = 0; task < 4; task++) {
        boolean first = task < 2;
        machine.addTask("t" + task, Role.HOST_MM, () -> {
          if (!first) {
            begun.waitFor();
          }
          for (int round = 0; round < 7; round++) {
            machine.machine().retrying();
          }
          begun.complete();
        });
      }
    }, () -> assertThat(ending).isEqualTo(Ending.QUIESCENT));
    assertThat(search.thinned()).isFalse();
  }

  @Test
  void aProgramThatEndsSoonerTheNextTimeIsNoticed() {
    BoundedSearch search = new BoundedSearch(0);
    run(search, new Toy("wwww")::build);
    run(search, new Toy("ww")::build);
    search.next();
    assertThat(search.difference()).isEqualTo(2);
  }

  @Test
  void aProgramThatIsAnotherTheNextTimeIsNoticed() {
    BoundedSearch search = new BoundedSearch(1);
    int[] runs = new int[1];
    Consumer<World> program = machine -> new Toy(runs[0]++ < 2 ? "wwww" : "ww", "ww").build(machine);
    boolean more = true;
    while (more && search.difference() == BoundedSearch.SAME) {
      run(search, program);
      more = search.next();
    }
    assertThat(search.difference()).isEqualTo(2);
    assertThat(runs).containsExactly(3);
  }

  @Test
  void aNegativeBoundIsRefused() {
    assertThatThrownBy(() -> new BoundedSearch(-1)).isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("-1");
  }
}
