package io.stalemate.litmus;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE_INTERESTING;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import io.stalemate.linux.kvm.KvmVcpu;
import io.stalemate.machine.Machine;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.III_Result;

/**
 * A fault maps gfn 1 with {@code mmu_lock} held for reading, while somebody leaves a note there with it held for
 * writing, as the MMIO guard does. Both find an empty root table, and make the table below it if they come first.
 *
 * <p>Result: what the map said; the entry of gfn 1 in the end (1 mapped, 2 noted); whether the tables' counts are
 * right.
 */
public final class AnnotateAgainstMap {

  private static final long NOTE = 5;

  private final LitmusVm vm;
  private final KvmVcpu faulting;
  private final KvmVcpu annotating;

  AnnotateAgainstMap(Machine m) {
    vm = new LitmusVm(m);
    faulting = vm.addVcpu(0);
    annotating = vm.addVcpu(1);
  }

  int map() {
    return vm.fault(faulting, 1);
  }

  int annotate() {
    return vm.annotate(annotating, 1, NOTE);
  }

  int entry() {
    return vm.entry(1);
  }

  int counts() {
    return vm.countsAreRight() ? 1 : 0;
  }

  /** As the kernel has it. */
  @JCStressTest
  @Outcome(id = "0, 1, 1", expect = ACCEPTABLE, desc = "noted, then mapped: the table itself does not heed a note")
  @Outcome(id = "0, 2, 1", expect = ACCEPTABLE, desc = "mapped, then noted")
  @Outcome(expect = FORBIDDEN, desc = "no order of the two explains it")
  @State
  public static class UnderMmuLock {
    private final AnnotateAgainstMap shape = new AnnotateAgainstMap(LitmusMachine.whole());

    @Actor
    public void map(III_Result r) {
      r.r1 = shape.map();
    }

    @Actor
    public void annotate() {
      shape.annotate();
    }

    @Arbiter
    public void end(III_Result r) {
      r.r2 = shape.entry();
      r.r3 = shape.counts();
    }
  }

  /** The same text where mmu_lock keeps nobody out. */
  @JCStressTest
  @Outcome(id = "0, 1, 1", expect = ACCEPTABLE, desc = "noted, then mapped")
  @Outcome(id = "0, 2, 1", expect = ACCEPTABLE, desc = "mapped, then noted")
  @Outcome(id = "-11, 2, 1", expect = ACCEPTABLE_INTERESTING, desc = "the map met an entry of the other walk: -EAGAIN")
  @Outcome(expect = ACCEPTABLE_INTERESTING, desc = "two tables for one entry, or counts that are wrong")
  @State
  public static class WithoutMmuLock {
    private final AnnotateAgainstMap shape = new AnnotateAgainstMap(LitmusMachine.withoutRwlocks());

    @Actor
    public void map(III_Result r) {
      r.r1 = Refused.or(shape::map);
    }

    @Actor
    public void annotate() {
      Refused.or(shape::annotate);
    }

    @Arbiter
    public void end(III_Result r) {
      r.r2 = Refused.or(shape::entry);
      r.r3 = Refused.or(shape::counts);
    }
  }
}
