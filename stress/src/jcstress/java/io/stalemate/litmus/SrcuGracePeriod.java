package io.stalemate.litmus;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE_INTERESTING;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import io.stalemate.machine.Machine;
import io.stalemate.machine.Srcu;
import io.stalemate.machine.Word;
import io.stalemate.machine.WordArray;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.II_Result;

/**
 * A reader looks up what is active and uses it; an updater makes another one active, waits for the readers and frees
 * the old one. What {@code kvm_swap_active_memslots()} asks of SRCU, on the native machine's own algorithm.
 *
 * <p>One machine makes the words of all states, as it has no part in them: the lighter a state, the more samples.
 *
 * <p>Result: which one the reader found (0 old, 1 new); whether it was freed when the reader used it.
 */
public final class SrcuGracePeriod {

  private final Srcu srcu;
  private final Word active;
  private final WordArray freed;

  SrcuGracePeriod(Machine m) {
    srcu = m.srcu("kvm->srcu");
    active = m.word("kvm->memslots", 0);
    freed = m.words("slots_freed", 2);
  }

  void read(II_Result r) {
    int idx = srcu.readLock();
    r.r1 = (int) active.readOnce();
    r.r2 = (int) freed.at(r.r1).readOnce();
    srcu.readUnlock(idx);
  }

  void update() {
    active.storeRelease(1);
    srcu.synchronize();
    freed.at(0).writeOnce(1);
  }

  /** As the kernel has it. */
  @JCStressTest
  @Outcome(id = "0, 0", expect = ACCEPTABLE, desc = "the old one, alive while the section lasts")
  @Outcome(id = "1, 0", expect = ACCEPTABLE, desc = "the new one")
  @Outcome(id = "0, 1", expect = FORBIDDEN, desc = "freed under a reader that began before the grace period")
  @State
  public static class WithSynchronize {
    private static final LitmusMachine MACHINE = LitmusMachine.whole();

    private final SrcuGracePeriod shape = new SrcuGracePeriod(MACHINE);

    @Actor
    public void reader(II_Result r) {
      shape.read(r);
    }

    @Actor
    public void updater() {
      shape.update();
    }
  }

  /** The same where {@code synchronize_srcu()} returns at once. */
  @JCStressTest
  @Outcome(id = "0, 0", expect = ACCEPTABLE, desc = "the old one, still alive")
  @Outcome(id = "1, 0", expect = ACCEPTABLE, desc = "the new one")
  @Outcome(id = "0, 1", expect = ACCEPTABLE_INTERESTING, desc = "freed under its reader: what the grace period is for")
  @State
  public static class WithoutSynchronize {
    private static final LitmusMachine MACHINE = LitmusMachine.withoutGracePeriods();

    private final SrcuGracePeriod shape = new SrcuGracePeriod(MACHINE);

    @Actor
    public void reader(II_Result r) {
      shape.read(r);
    }

    @Actor
    public void updater() {
      shape.update();
    }
  }
}
