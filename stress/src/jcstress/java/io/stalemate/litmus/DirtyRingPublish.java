package io.stalemate.litmus;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE_INTERESTING;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import io.stalemate.linux.kvm.DirtyLog;
import io.stalemate.linux.kvm.KvmVcpu;
import io.stalemate.machine.Tracepoint;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.II_Result;

/**
 * A vCPU publishes page 3 of slot 5 in its dirty ring, while its VMM harvests: {@code kvm_dirty_ring_push()} against
 * what a VMM does, by nothing but the flags of the entry.
 *
 * <p>Result: entries harvested; what the entry said, as slot * 10 + page.
 */
public final class DirtyRingPublish {

  private static final int SLOT = 5;
  private static final int PAGE = 3;

  private final KvmVcpu vcpu;
  // Heard by the harvesting actor from its own thread.
  private int harvested;

  DirtyRingPublish(LitmusMachine m) {
    LitmusVm vm = new LitmusVm(m);
    vm.kvm.dirtyLog.enableDirtyLogRing(DirtyLog.RING_ENTRIES_MIN);
    vcpu = vm.arch.createVcpu(0, 0);
    m.listener((point, ring, slot, page, index) -> {
      if (point == Tracepoint.DIRTY_RING_HARVEST) {
        harvested = (int) (slot * 10 + page);
      }
    });
  }

  void push() {
    vcpu.dirtyRing.push(vcpu, SLOT, PAGE);
  }

  void harvest(II_Result r) {
    r.r1 = vcpu.dirtyRing.harvest();
    r.r2 = harvested;
  }

  /** As the kernel has it. */
  @JCStressTest
  @Outcome(id = "0, 0", expect = ACCEPTABLE, desc = "harvested before the entry was dirty")
  @Outcome(id = "1, 53", expect = ACCEPTABLE, desc = "harvested what was pushed")
  @Outcome(expect = FORBIDDEN, desc = "a dirty entry that does not say yet what is dirty: the page is lost")
  @State
  public static class WithSmpWmb {
    private final DirtyRingPublish shape = new DirtyRingPublish(LitmusMachine.whole());

    @Actor
    public void vcpu() {
      shape.push();
    }

    @Actor
    public void vmm(II_Result r) {
      shape.harvest(r);
    }
  }

  /** Without the barrier between the entry and its flags: a weaker CPU may store the flags first. */
  @JCStressTest
  @Outcome(id = "0, 0", expect = ACCEPTABLE, desc = "harvested before the entry was dirty")
  @Outcome(id = "1, 53", expect = ACCEPTABLE, desc = "harvested what was pushed")
  @Outcome(expect = ACCEPTABLE_INTERESTING, desc = "the flags were seen before what they vouch for")
  @State
  public static class WithoutSmpWmb {
    private final DirtyRingPublish shape = new DirtyRingPublish(LitmusMachine.withoutSmpWmb());

    @Actor
    public void vcpu() {
      shape.push();
    }

    @Actor
    public void vmm(II_Result r) {
      shape.harvest(r);
    }
  }
}
