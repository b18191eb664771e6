package io.stalemate.litmus;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE_INTERESTING;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import io.stalemate.linux.kvm.MmuInvalidation;
import io.stalemate.machine.Machine;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.I_Result;

/**
 * {@code mmu_invalidate_retry()} of a fault that sampled the sequence during an invalidation, against
 * {@code kvm_mmu_invalidate_end()} of that invalidation. mmu_lock keeps nobody out here: the two barriers alone must
 * have the fault see the new sequence if it sees the count at 0.
 *
 * <p>Result: whether the fault is sent back.
 */
public final class SeqAndInProgress {

  private static final long GFN = 0;

  private final MmuInvalidation invalidation;
  private final long seq;

  SeqAndInProgress(Machine m) {
    invalidation = new LitmusVm(m).kvm.mmuInvalidation;
    invalidation.begin();
    invalidation.rangeAdd(GFN, GFN + 1);
    seq = invalidation.sample();
  }

  int retry() {
    return invalidation.retry(seq, GFN) ? 1 : 0;
  }

  void end() {
    invalidation.end();
  }

  /** As the kernel has it. */
  @JCStressTest
  @Outcome(id = "1", expect = ACCEPTABLE, desc = "in progress, or the sequence moved on")
  @Outcome(id = "0", expect = FORBIDDEN, desc = "installs what it looked up before the invalidation ended")
  @State
  public static class WithBothBarriers {
    private final SeqAndInProgress shape = new SeqAndInProgress(LitmusMachine.withoutRwlocks());

    @Actor
    public void fault(I_Result r) {
      r.r1 = shape.retry();
    }

    @Actor
    public void invalidation() {
      shape.end();
    }
  }

  /** The fault may load the sequence before the count. */
  @JCStressTest
  @Outcome(id = "1", expect = ACCEPTABLE, desc = "in progress, or the sequence moved on")
  @Outcome(id = "0", expect = ACCEPTABLE_INTERESTING, desc = "the old sequence was loaded first")
  @State
  public static class WithoutSmpRmb {
    private final SeqAndInProgress shape = new SeqAndInProgress(LitmusMachine.withoutRwlocksAndSmpRmb());

    @Actor
    public void fault(I_Result r) {
      r.r1 = shape.retry();
    }

    @Actor
    public void invalidation() {
      shape.end();
    }
  }

  /** The invalidation may store the count before the sequence. */
  @JCStressTest
  @Outcome(id = "1", expect = ACCEPTABLE, desc = "in progress, or the sequence moved on")
  @Outcome(id = "0", expect = ACCEPTABLE_INTERESTING, desc = "the count was stored first")
  @State
  public static class WithoutSmpWmb {
    private final SeqAndInProgress shape = new SeqAndInProgress(LitmusMachine.withoutRwlocksAndSmpWmb());

    @Actor
    public void fault(I_Result r) {
      r.r1 = shape.retry();
    }

    @Actor
    public void invalidation() {
      shape.end();
    }
  }
}
