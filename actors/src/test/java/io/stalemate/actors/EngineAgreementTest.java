package io.stalemate.actors;

import static org.assertj.core.api.Assertions.assertThat;

import io.stalemate.scenario.Kernel;
import io.stalemate.scenario.Scenario;
import io.stalemate.scenario.file.Catalogue;
import io.stalemate.sim.World;
import io.stalemate.strategy.Pct;
import io.stalemate.strategy.RandomWalk;
import io.stalemate.strategy.Strategy;
import io.stalemate.testbed.Testbed;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Actors change who calls whom, never what happens. */
final class EngineAgreementTest {

  private static Worlds worlds;
  private static World actors;
  private static final World PLAIN = PlainEngine.world();

  @BeforeAll
  static void start() {
    worlds = new Worlds(1);
    actors = worlds.open(0, (opcode, event) -> {});
  }

  @AfterAll
  static void stop() {
    worlds.close();
  }

  @Test
  void actorsAndPlainCallsGiveTheSameTracesOfEveryPrimitive() {
    Strategy walk = new RandomWalk();
    Strategy pct = new Pct(3, 90, false);
    for (long seed = 0; seed < 2_000; seed++) {
      Strategy strategy = (seed & 1) == 0 ? walk : pct;
      assertThat(Primitives.hash(actors, strategy, seed)).as("seed %d", seed)
          .isEqualTo(Primitives.hash(PLAIN, strategy, seed));
    }
  }

  @Test
  void differentSeedsGiveDifferentTraces() {
    Strategy walk = new RandomWalk();
    assertThat(Stream.iterate(0L, seed -> seed + 1).limit(500)
        .map(seed -> Primitives.hash(actors, walk, seed)).distinct().count()).isGreaterThan(490);
  }

  private static Stream<Arguments> scenariosAndKernels() {
    Catalogue catalogue = new Catalogue();
    return catalogue.names().stream().map(catalogue::scenario)
        .flatMap(scenario -> scenario.kernels().stream().map(kernel -> Arguments.of(scenario.name(), kernel)));
  }

  @ParameterizedTest
  @MethodSource("scenariosAndKernels")
  void actorsAndPlainCallsGiveTheSameTracesOfAScenario(String name, Kernel kernel) {
    Scenario scenario = new Catalogue().scenario(name);
    Testbed testbed = Testbed.of(scenario, kernel, Optional.empty());
    Strategy walk = new RandomWalk();
    for (long seed = 0; seed < 25; seed++) {
      assertThat(run(actors, testbed, scenario, walk, seed)).as("seed %d", seed)
          .isEqualTo(run(PLAIN, testbed, scenario, walk, seed));
    }
  }

  private static String run(World world, Testbed testbed, Scenario scenario, Strategy strategy, long seed) {
    world.begin(testbed.options());
    testbed.build(world);
    return world.run(strategy, seed, scenario.stepsMax()) + " " + Long.toHexString(world.trace().hash());
  }
}
