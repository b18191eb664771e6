package io.stalemate.litmus;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE_INTERESTING;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import io.stalemate.cpu.StageTwoPte;
import io.stalemate.machine.Machine;
import io.stalemate.machine.Tracepoint;
import io.stalemate.race.Race;
import io.stalemate.race.Races;
import io.stalemate.yardstick.Yardstick;
import java.util.function.Function;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.I_Result;

/**
 * Scenario zero with one vCPU and one invalidation: a fault samples the sequence, looks the page up and checks again
 * under {@code mmu_lock}, while the host takes the page away between begin and end. The broken siblings are the known
 * races of scenario zero.
 *
 * <p>Result: the leaf in the end: 0 empty, 1 the page that the host has now, 2 the page it freed.
 */
public final class SnapshotRecheck {

  private final Yardstick yardstick;
  // The leaf changes under mmu_lock; the host's page is changed by the invalidation alone.
  private long leafPfn;
  private long hostPfn;

  private SnapshotRecheck(Function<Machine, Yardstick> text) {
    LitmusMachine m = LitmusMachine.whole();
    m.listener((point, a, b, c, d) -> {
      if (point == Tracepoint.S2_SET_PTE) {
        leafPfn = StageTwoPte.valid(d) ? StageTwoPte.pfn(d) : 0;
      } else if (point == Tracepoint.HOST_PTE) {
        hostPfn = c;
      }
    });
    yardstick = text.apply(m);
  }

  void fault() {
    yardstick.vcpuFault();
  }

  void invalidate() {
    yardstick.invalidate(0);
  }

  int leaf() {
    return leafPfn == 0 ? 0 : leafPfn == hostPfn ? 1 : 2;
  }

  /** As the kernel has it. */
  @JCStressTest
  @Outcome(id = "0", expect = ACCEPTABLE, desc = "mapped before the invalidation began, which took the leaf away")
  @Outcome(id = "1", expect = ACCEPTABLE, desc = "mapped to the page that the host has now")
  @Outcome(id = "2", expect = FORBIDDEN, desc = "the guest reaches a page that the host freed")
  @State
  public static class WithBothChecks {
    private final SnapshotRecheck shape = new SnapshotRecheck(m -> new Yardstick(m, 1));

    @Actor
    public void fault() {
      shape.fault();
    }

    @Actor
    public void invalidation() {
      shape.invalidate();
    }

    @Arbiter
    public void end(I_Result r) {
      r.r1 = shape.leaf();
    }
  }

  /** Nothing is checked again. */
  @JCStressTest
  @Outcome(id = "0", expect = ACCEPTABLE, desc = "mapped before the invalidation began, which took the leaf away")
  @Outcome(id = "1", expect = ACCEPTABLE, desc = "mapped to the page that the host has now")
  @Outcome(id = "2", expect = ACCEPTABLE_INTERESTING, desc = "installed what was looked up before")
  @State
  public static class WithoutRetryCheck {
    private static final Race RACE = Races.byName("no-retry-check");

    private final SnapshotRecheck shape = new SnapshotRecheck(m -> RACE.yardstick(m, 1));

    @Actor
    public void fault() {
      shape.fault();
    }

    @Actor
    public void invalidation() {
      shape.invalidate();
    }

    @Arbiter
    public void end(I_Result r) {
      r.r1 = shape.leaf();
    }
  }

  /** Only what is in progress is checked. */
  @JCStressTest
  @Outcome(id = "0", expect = ACCEPTABLE, desc = "mapped before the invalidation began, which took the leaf away")
  @Outcome(id = "1", expect = ACCEPTABLE, desc = "mapped to the page that the host has now")
  @Outcome(id = "2", expect = ACCEPTABLE_INTERESTING, desc = "it began and ended in between")
  @State
  public static class WithoutSeqCheck {
    private static final Race RACE = Races.byName("no-seq-check");

    private final SnapshotRecheck shape = new SnapshotRecheck(m -> RACE.yardstick(m, 1));

    @Actor
    public void fault() {
      shape.fault();
    }

    @Actor
    public void invalidation() {
      shape.invalidate();
    }

    @Arbiter
    public void end(I_Result r) {
      r.r1 = shape.leaf();
    }
  }

  /** Only the sequence is checked. */
  @JCStressTest
  @Outcome(id = "0", expect = ACCEPTABLE, desc = "mapped before the invalidation began, which took the leaf away")
  @Outcome(id = "1", expect = ACCEPTABLE, desc = "mapped to the page that the host has now")
  @Outcome(id = "2", expect = ACCEPTABLE_INTERESTING, desc = "checked before the page went")
  @State
  public static class WithoutInProgressCheck {
    private static final Race RACE = Races.byName("no-in-progress-check");

    private final SnapshotRecheck shape = new SnapshotRecheck(m -> RACE.yardstick(m, 1));

    @Actor
    public void fault() {
      shape.fault();
    }

    @Actor
    public void invalidation() {
      shape.invalidate();
    }

    @Arbiter
    public void end(I_Result r) {
      r.r1 = shape.leaf();
    }
  }
}
