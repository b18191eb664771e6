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
 * A fault maps gfn 1 with {@code mmu_lock} held for reading, while gfns 0 and 1 are unmapped with it held for writing.
 * Gfn 0 is mapped at first, so that the table which the fault goes through is the one that unmap empties and frees.
 *
 * <p>Result: what the map said; the entry of gfn 1 in the end; whether the tables' counts are right.
 */
public final class MapAgainstUnmap {

  private final LitmusVm vm;
  private final KvmVcpu vcpu;

  MapAgainstUnmap(Machine m) {
    vm = new LitmusVm(m);
    vcpu = vm.addVcpu(0);
    vm.fault(vcpu, 0);
  }

  int map() {
    return vm.fault(vcpu, 1);
  }

  void unmap() {
    vm.unmap();
  }

  int entry() {
    return vm.entry(1);
  }

  int counts() {
    return vm.countsAreRight() ? 1 : 0;
  }

  /** As the kernel has it. */
  @JCStressTest
  @Outcome(id = "0, 0, 1", expect = ACCEPTABLE, desc = "mapped, then unmapped")
  @Outcome(id = "0, 1, 1", expect = ACCEPTABLE, desc = "unmapped, then mapped in a new table")
  @Outcome(expect = FORBIDDEN, desc = "no order of the two explains it")
  @State
  public static class UnderMmuLock {
    private final MapAgainstUnmap shape = new MapAgainstUnmap(LitmusMachine.whole());

    @Actor
    public void map(III_Result r) {
      r.r1 = shape.map();
    }

    @Actor
    public void unmap() {
      shape.unmap();
    }

    @Arbiter
    public void end(III_Result r) {
      r.r2 = shape.entry();
      r.r3 = shape.counts();
    }
  }

  /** The same text where mmu_lock keeps nobody out. */
  @JCStressTest
  @Outcome(id = "0, 0, 1", expect = ACCEPTABLE, desc = "mapped, then unmapped")
  @Outcome(id = "0, 1, 1", expect = ACCEPTABLE, desc = "unmapped, then mapped in a new table")
  @Outcome(id = "0, 0, 0", expect = ACCEPTABLE_INTERESTING, desc = "mapped in the table that was being freed: lost")
  @Outcome(expect = ACCEPTABLE_INTERESTING, desc = "counts or entries are wrong: what mmu_lock is for")
  @State
  public static class WithoutMmuLock {
    private final MapAgainstUnmap shape = new MapAgainstUnmap(LitmusMachine.withoutRwlocks());

    @Actor
    public void map(III_Result r) {
      r.r1 = Refused.or(shape::map);
    }

    @Actor
    public void unmap() {
      Refused.or(() -> {
        shape.unmap();
        return 0;
      });
    }

    @Arbiter
    public void end(III_Result r) {
      r.r2 = Refused.or(shape::entry);
      r.r3 = Refused.or(shape::counts);
    }
  }
}
