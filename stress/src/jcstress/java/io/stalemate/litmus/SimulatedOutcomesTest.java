package io.stalemate.litmus;

import static org.assertj.core.api.Assertions.assertThat;

import io.stalemate.actors.Worlds;
import io.stalemate.machine.Machine;
import io.stalemate.oracle.Ending;
import io.stalemate.sim.Role;
import io.stalemate.sim.World;
import io.stalemate.sim.WorldOptions;
import io.stalemate.strategy.RandomWalk;
import java.util.List;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.function.Supplier;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.infra.results.III_Result;
import org.openjdk.jcstress.infra.results.II_Result;
import org.openjdk.jcstress.infra.results.I_Result;

/**
 * What the simulator, which is sequentially consistent, says about the shapes: the outcomes that it reaches are those
 * that the right test accepts, all of them. What a sibling without a barrier may show besides is the memory model's.
 */
class SimulatedOutcomesTest {

  private static final int SCHEDULES = 3000;
  private static final int STEPS_MAX = 10_000;

  /**
   * A shape and its tests.
   *
   * @param right the test of the correct text
   * @param withoutBarriers siblings that lack a barrier and nothing else
   */
  private record Shape(Class<?> right, List<Class<?>> withoutBarriers, Function<Machine, Sample> on) {
    @Override
    public String toString() {
      return right.getEnclosingClass().getSimpleName();
    }
  }

  /** One sample: the actors, and what they come to when both are done. */
  private record Sample(Runnable first, Runnable second, Supplier<String> outcome) {}

  static List<Shape> shapes() {
    return List.of(
        new Shape(RequestAgainstMode.WithSmpMb.class, List.of(RequestAgainstMode.WithoutSmpMb.class), m -> {
          RequestAgainstMode shape = new RequestAgainstMode(m);
          II_Result r = new II_Result();
          return new Sample(() -> r.r1 = shape.enter(), () -> r.r2 = shape.request(), r::toString);
        }),
        new Shape(SeqAndInProgress.WithBothBarriers.class,
            List.of(SeqAndInProgress.WithoutSmpRmb.class, SeqAndInProgress.WithoutSmpWmb.class), m -> {
          SeqAndInProgress shape = new SeqAndInProgress(m);
          I_Result r = new I_Result();
          return new Sample(() -> r.r1 = shape.retry(), shape::end, r::toString);
        }),
        new Shape(SeqAndInProgressWords.WithBothBarriers.class,
            List.of(SeqAndInProgressWords.WithoutSmpRmb.class, SeqAndInProgressWords.WithoutSmpWmb.class), m -> {
          SeqAndInProgressWords shape = new SeqAndInProgressWords(m);
          III_Result r = new III_Result();
          return new Sample(() -> shape.fault(r), shape::end, r::toString);
        }),
        new Shape(SrcuGracePeriod.WithSynchronize.class, List.of(), m -> {
          SrcuGracePeriod shape = new SrcuGracePeriod(m);
          II_Result r = new II_Result();
          return new Sample(() -> shape.read(r), shape::update, r::toString);
        }),
        new Shape(MapAgainstUnmap.UnderMmuLock.class, List.of(), m -> {
          MapAgainstUnmap shape = new MapAgainstUnmap(m);
          III_Result r = new III_Result();
          return new Sample(() -> r.r1 = shape.map(), shape::unmap, () -> {
            r.r2 = shape.entry();
            r.r3 = shape.counts();
            return r.toString();
          });
        }),
        new Shape(AnnotateAgainstMap.UnderMmuLock.class, List.of(), m -> {
          AnnotateAgainstMap shape = new AnnotateAgainstMap(m);
          III_Result r = new III_Result();
          return new Sample(() -> r.r1 = shape.map(), shape::annotate, () -> {
            r.r2 = shape.entry();
            r.r3 = shape.counts();
            return r.toString();
          });
        }),
        new Shape(LockedPteHandOver.ByCompareAndExchange.class, List.of(), m -> {
          LockedPteHandOver shape = new LockedPteHandOver(m);
          III_Result r = new III_Result();
          return new Sample(() -> r.r1 = shape.fault0(), () -> r.r2 = shape.fault1(), () -> {
            r.r3 = shape.end(r.r1, r.r2);
            return r.toString();
          });
        }));
  }

  static List<Shape> shapesWithSiblings() {
    return shapes().stream().filter(shape -> !shape.withoutBarriers.isEmpty()).toList();
  }

  private static SortedSet<String> reached(Shape shape) {
    SortedSet<String> reached = new TreeSet<>();
    try (Worlds worlds = new Worlds(1)) {
      // Plain accesses are choices too: the shapes are about them.
      World world = worlds.open(0, (opcode, event) -> {});
      for (long seed = 0; seed < SCHEDULES; seed++) {
        world.begin(WorldOptions.of(2).withPlainAccessesAsChoices(true));
        Sample sample = shape.on.apply(world.machine());
        world.addTask("first", Role.HOST_MM, sample.first);
        world.addTask("second", Role.HOST_MM, sample.second);
        assertThat(world.run(new RandomWalk(), seed, STEPS_MAX)).as("seed %d", seed).isEqualTo(Ending.QUIESCENT);
        reached.add(sample.outcome.get());
      }
    }
    return reached;
  }

  private static SortedSet<String> graded(Class<?> test, Expect expect) {
    SortedSet<String> ids = new TreeSet<>();
    for (Outcome outcome : test.getAnnotationsByType(Outcome.class)) {
      if (outcome.expect() == expect) {
        ids.addAll(List.of(outcome.id()));
      }
    }
    return ids;
  }

  @ParameterizedTest
  @MethodSource("shapes")
  void theRightTestAcceptsWhatTheSimulatorReachesAndNothingElse(Shape shape) {
    assertThat(reached(shape)).isEqualTo(graded(shape.right, Expect.ACCEPTABLE));
  }

  @ParameterizedTest
  @MethodSource("shapesWithSiblings")
  void aSiblingWithoutABarrierAddsOnlyWhatNoScheduleReaches(Shape shape) {
    SortedSet<String> reached = reached(shape);
    for (Class<?> sibling : shape.withoutBarriers) {
      assertThat(graded(sibling, Expect.ACCEPTABLE)).as("%s", sibling).isEqualTo(reached);
      assertThat(graded(sibling, Expect.ACCEPTABLE_INTERESTING)).as("%s", sibling).isNotEmpty()
          .doesNotContainAnyElementsOf(reached);
    }
  }
}
