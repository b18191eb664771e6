package io.stalemate.litmus;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE_INTERESTING;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import io.stalemate.machine.Machine;
import io.stalemate.machine.Word;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.III_Result;

/**
 * The accesses of {@link SeqAndInProgress} and of the sample before it, and nothing else: plain stores to the sequence
 * and then to the count; plain loads of the sequence, the count and the sequence again. A compiler that is not told may
 * turn loads round, or take the sequence that it has for the one that it is asked for.
 *
 * <p>One machine makes the words of all states, as it has no part in them: the lighter a state, the more samples.
 *
 * <p>Result: the sequence as sampled; the count; the sequence now.
 */
public final class SeqAndInProgressWords {

  private final Machine m;
  private final Word seq;
  private final Word inProgress;

  SeqAndInProgressWords(Machine m) {
    this.m = m;
    seq = m.word("kvm->mmu_invalidate_seq", 0);
    inProgress = m.word("kvm->mmu_invalidate_in_progress", 1);
  }

  void end() {
    seq.write(1);
    // Pairs with smp_rmb() in fault().
    m.smpWmb();
    inProgress.write(0);
  }

  void fault(III_Result r) {
    long sampled = seq.read();
    // The sample comes before whatever is looked up, here nothing.
    m.smpRmb();
    long count = inProgress.read();
    // Pairs with smp_wmb() in end().
    m.smpRmb();
    long now = seq.read();
    // Results last: a store in between would keep the compiler from folding loads.
    r.r1 = (int) sampled;
    r.r2 = (int) count;
    r.r3 = (int) now;
  }

  /** As the kernel has it. */
  @JCStressTest
  @Outcome(id = "0, 1, 0", expect = ACCEPTABLE, desc = "sampled and checked before the end: sent back")
  @Outcome(id = "0, 1, 1", expect = ACCEPTABLE, desc = "the end came between the loads: sent back")
  @Outcome(id = "0, 0, 1", expect = ACCEPTABLE, desc = "the end came after the sample: sent back")
  @Outcome(id = "1, 1, 1", expect = ACCEPTABLE, desc = "sampled between the two stores: sent back")
  @Outcome(id = "1, 0, 1", expect = ACCEPTABLE, desc = "sampled after the end: goes on, and may")
  @Outcome(expect = FORBIDDEN, desc = "the count at 0 and the sequence as it was: a stale fault goes on")
  @State
  public static class WithBothBarriers {
    private static final LitmusMachine MACHINE = LitmusMachine.whole();

    private final SeqAndInProgressWords shape = new SeqAndInProgressWords(MACHINE);

    @Actor
    public void fault(III_Result r) {
      shape.fault(r);
    }

    @Actor
    public void invalidation() {
      shape.end();
    }
  }

  /** The loads may change places, and two of one word may become one. */
  @JCStressTest
  @Outcome(id = "0, 1, 0", expect = ACCEPTABLE, desc = "sampled and checked before the end: sent back")
  @Outcome(id = "0, 1, 1", expect = ACCEPTABLE, desc = "the end came between the loads: sent back")
  @Outcome(id = "0, 0, 1", expect = ACCEPTABLE, desc = "the end came after the sample: sent back")
  @Outcome(id = "1, 1, 1", expect = ACCEPTABLE, desc = "sampled between the two stores: sent back")
  @Outcome(id = "1, 0, 1", expect = ACCEPTABLE, desc = "sampled after the end: goes on, and may")
  @Outcome(id = "0, 0, 0", expect = ACCEPTABLE_INTERESTING, desc = "the sequence was not loaded again, or too early")
  @Outcome(expect = ACCEPTABLE_INTERESTING, desc = "the two loads of the sequence changed places")
  @State
  public static class WithoutSmpRmb {
    private static final LitmusMachine MACHINE = LitmusMachine.withoutSmpRmb();

    private final SeqAndInProgressWords shape = new SeqAndInProgressWords(MACHINE);

    @Actor
    public void fault(III_Result r) {
      shape.fault(r);
    }

    @Actor
    public void invalidation() {
      shape.end();
    }
  }

  /** The stores may change places. */
  @JCStressTest
  @Outcome(id = "0, 1, 0", expect = ACCEPTABLE, desc = "sampled and checked before the end: sent back")
  @Outcome(id = "0, 1, 1", expect = ACCEPTABLE, desc = "the end came between the loads: sent back")
  @Outcome(id = "0, 0, 1", expect = ACCEPTABLE, desc = "the end came after the sample: sent back")
  @Outcome(id = "1, 1, 1", expect = ACCEPTABLE, desc = "sampled between the two stores: sent back")
  @Outcome(id = "1, 0, 1", expect = ACCEPTABLE, desc = "sampled after the end: goes on, and may")
  @Outcome(id = "0, 0, 0", expect = ACCEPTABLE_INTERESTING, desc = "the count was stored first")
  @State
  public static class WithoutSmpWmb {
    private static final LitmusMachine MACHINE = LitmusMachine.withoutSmpWmb();

    private final SeqAndInProgressWords shape = new SeqAndInProgressWords(MACHINE);

    @Actor
    public void fault(III_Result r) {
      shape.fault(r);
    }

    @Actor
    public void invalidation() {
      shape.end();
    }
  }
}
