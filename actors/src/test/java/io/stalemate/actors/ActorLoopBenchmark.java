package io.stalemate.actors;

import io.stalemate.oracle.Ending;
import io.stalemate.oracle.OracleSet;
import io.stalemate.oracle.Oracles;
import io.stalemate.scenario.Scenario;
import io.stalemate.scenario.file.Catalogue;
import io.stalemate.sim.World;
import io.stalemate.strategy.Pct;
import io.stalemate.strategy.RandomWalk;
import io.stalemate.strategy.Seeded;
import io.stalemate.strategy.Strategy;
import io.stalemate.testbed.Testbed;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.AuxCounters;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/** Runs of scenarios and their events a second on actors; sim-core's EventLoopBenchmark has the same without them. */
@State(Scope.Thread)
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
public class ActorLoopBenchmark {

  /** Which scenario of the catalogue. */
  @Param({"yardstick", "fault-vs-invalidate"})
  public String scenario;

  /** Which strategy chooses. */
  @Param({"rnd", "pct3"})
  public String strategy;

  /** Whether all oracles watch. */
  @Param({"true", "false"})
  public boolean oracles;

  private Scenario subject;
  private Testbed testbed;
  private OracleSet set;
  private Worlds worlds;
  private World world;
  private Strategy policy;
  private long run;

  /** Events, beside runs. */
  @State(Scope.Thread)
  @AuxCounters(AuxCounters.Type.OPERATIONS)
  public static class Counted {
    public long events;
  }

  @Setup
  public void setUp() {
    subject = new Catalogue().scenario(scenario);
    testbed = Testbed.of(subject, subject.kernel(subject.system()), Optional.empty());
    set = new OracleSet(Oracles.all(subject.vm().geometry().bits()));
    worlds = new Worlds(1);
    world = worlds.open(0, oracles ? set::on : (opcode, event) -> {});
    policy = new RandomWalk();
    once();
    policy = strategy.equals("rnd") ? policy : new Pct(3, world.steps(), false);
  }

  @TearDown
  public void tearDown() {
    worlds.close();
  }

  @Benchmark
  public Object run(Counted counted) {
    Ending ending = once();
    counted.events += world.trace().size();
    return ending;
  }

  private Ending once() {
    world.begin(testbed.options());
    if (oracles) {
      set.begin(world.trace());
    }
    testbed.build(world);
    Ending ending = world.run(policy, Seeded.derive(1, run++), subject.stepsMax());
    if (oracles) {
      set.end(ending);
    }
    return ending;
  }
}
