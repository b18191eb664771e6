package io.stalemate.session;

import io.stalemate.actors.Worlds;
import io.stalemate.strategy.Seeded;
import io.stalemate.strategy.Strategy;
import io.stalemate.trace.Op;
import io.stalemate.trace.Trace;
import java.util.List;

/**
 * Whether a race changes what the tasks of a scenario do. One that does not was not put to the test: that nothing was
 * found says nothing. What happens while the world is set up does not count, for nobody races then.
 */
public final class RaceEffect {

  private static final List<String> STRATEGIES = List.of("rnd", "pct3");

  private static final List<Op> TELLING =
      List.of(Op.TRACE, Op.TLBI_IPA, Op.TLBI_IPA_LOCAL, Op.TLBI_RANGE, Op.TLBI_VMID, Op.TLBI_ALL);

  private RaceEffect() {}

  /**
   * Whether one of {@code runs} runs of {@code subject} goes another way without its race, or has a finding. Uses two
   * worlds, {@code world} and the next.
   */
  public static boolean shows(Case subject, int runs, Worlds worlds, int world) {
    Runner with = new Runner(worlds, world, subject);
    Runner without = new Runner(worlds, world + 1, subject.withoutRace());
    for (String name : STRATEGIES) {
      Strategy strategy = Strategies.of(name, without.stepsExpected());
      for (int run = 0; run < runs / STRATEGIES.size(); run++) {
        with.run(strategy, run);
        without.run(strategy, run);
        if (with.isFinding() || afterSetUp(with.trace()) != afterSetUp(without.trace())) {
          return true;
        }
      }
    }
    return false;
  }

  /**
   * Who did what in which order; of values only what tracepoints tell and which translations go: set-up may have left
   * counts behind.
   */
  private static long afterSetUp(Trace trace) {
    long hash = 0;
    for (int event = 0; event < trace.size(); event++) {
      if (trace.task(event) != Trace.BOOT) {
        hash = Seeded.derive(hash, trace.task(event));
        hash = Seeded.derive(hash, trace.op(event).ordinal());
        hash = Seeded.derive(hash, trace.object(event));
        hash = TELLING.contains(trace.op(event)) ? arguments(hash, trace, event) : hash;
      }
    }
    return hash;
  }

  private static long arguments(long hash, Trace trace, int event) {
    long first = Seeded.derive(Seeded.derive(hash, trace.a(event)), trace.b(event));
    return Seeded.derive(Seeded.derive(first, trace.c(event)), trace.d(event));
  }
}
