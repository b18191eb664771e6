package io.stalemate.litmus;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE_INTERESTING;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import io.stalemate.linux.arm64.Arm64Text;
import io.stalemate.linux.arm64.CpuFeatures;
import io.stalemate.linux.arm64.KvmPgtableV612;
import io.stalemate.linux.arm64.KvmTlb;
import io.stalemate.linux.arm64.PgtableVisit;
import io.stalemate.linux.arm64.TablePages;
import io.stalemate.linux.kvm.Era;
import io.stalemate.linux.kvm.KvmVcpu;
import io.stalemate.machine.Machine;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.III_Result;

/**
 * Two faults break the same block, each for a page of its own below it, with {@code mmu_lock} held for reading by both.
 * The entry goes from the block through {@code KVM_INVALID_PTE_LOCKED} to a table: whoever locks it makes the table,
 * the other tries again or goes on below it.
 *
 * <p>Result: what each map said (-11 is {@code -EAGAIN}); whether in the end each page is mapped if its fault says so,
 * and no other, and the tables' counts are right.
 */
public final class LockedPteHandOver {

  private final LitmusVm vm;
  private final KvmVcpu vcpu0;
  private final KvmVcpu vcpu1;

  LockedPteHandOver(Machine m) {
    this(new LitmusVm(m));
  }

  private LockedPteHandOver(LitmusVm vm) {
    this.vm = vm;
    vcpu0 = vm.addVcpu(0);
    vcpu1 = vm.addVcpu(1);
    vm.mapBlock(vcpu0);
  }

  int fault0() {
    return vm.fault(vcpu0, 0);
  }

  int fault1() {
    return vm.fault(vcpu1, 1);
  }

  /** Whether the table is what {@code ret0} and {@code ret1} say. */
  int end(int ret0, int ret1) {
    boolean said = vm.entry(0) == entryAfter(ret0) && vm.entry(1) == entryAfter(ret1);
    boolean warned = vm.m instanceof LitmusMachine m && !m.warnings().isEmpty();
    return said && vm.countsAreRight() && !warned ? 1 : 0;
  }

  private static int entryAfter(int ret) {
    return ret == 0 ? LitmusVm.MAPPED : LitmusVm.EMPTY;
  }

  /** As the kernel has it since v6.2. */
  @JCStressTest
  @Outcome(id = "0, 0, 1", expect = ACCEPTABLE, desc = "one made the table, the other found it")
  @Outcome(id = "0, -11, 1", expect = ACCEPTABLE, desc = "vcpu1 met the locked entry and tries again")
  @Outcome(id = "-11, 0, 1", expect = ACCEPTABLE, desc = "vcpu0 met the locked entry and tries again")
  @Outcome(expect = FORBIDDEN, desc = "both lost, or what one of them mapped is gone")
  @State
  public static class ByCompareAndExchange {
    private final LockedPteHandOver shape = new LockedPteHandOver(LitmusMachine.whole());

    @Actor
    public void vcpu0(III_Result r) {
      r.r1 = shape.fault0();
    }

    @Actor
    public void vcpu1(III_Result r) {
      r.r2 = shape.fault1();
    }

    @Arbiter
    public void end(III_Result r) {
      r.r3 = shape.end(r.r1, r.r2);
    }
  }

  /** The entry is looked at, and then stored to: two walkers can both believe that they locked it. */
  @JCStressTest
  @Outcome(id = "0, 0, 1", expect = ACCEPTABLE, desc = "one made the table, the other found it")
  @Outcome(id = "0, -11, 1", expect = ACCEPTABLE, desc = "vcpu1 met the locked entry and tries again")
  @Outcome(id = "-11, 0, 1", expect = ACCEPTABLE, desc = "vcpu0 met the locked entry and tries again")
  @Outcome(expect = ACCEPTABLE_INTERESTING, desc = "two tables for one entry: a page is lost with one of them")
  @State
  public static class ByLoadAndStore {
    private static final Arm64Text TEXT = Arm64Text.of(Era.V6_12, LitmusVm.GEOMETRY).withPgtable(LoadAndStore::new);

    private final LockedPteHandOver shape = new LockedPteHandOver(new LitmusVm(LitmusMachine.whole(), TEXT));

    @Actor
    public void vcpu0(III_Result r) {
      r.r1 = Refused.or(shape::fault0);
    }

    @Actor
    public void vcpu1(III_Result r) {
      r.r2 = Refused.or(shape::fault1);
    }

    @Arbiter
    public void end(III_Result r) {
      r.r3 = Refused.or(() -> shape.end(r.r1, r.r2));
    }
  }

  /** {@code pgtable.c} whose compare-and-exchange is none. */
  private static final class LoadAndStore extends KvmPgtableV612 {

    LoadAndStore(TablePages mmOps, KvmTlb tlb, int vmid, long pgd, CpuFeatures cpu) {
      super(mmOps, tlb, vmid, pgd, cpu.fwb());
    }

    @Override
    protected boolean stage2TrySetPte(PgtableVisit ctx, long pte) {
      // missing: cmpxchg()
      if (ctx.ptep().readOnce() != ctx.old()) {
        return false;
      }
      ctx.ptep().writeOnce(pte);
      traceSetPte(ctx, ctx.old(), pte);
      return true;
    }
  }
}
