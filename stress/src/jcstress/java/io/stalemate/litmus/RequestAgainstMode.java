package io.stalemate.litmus;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE_INTERESTING;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import io.stalemate.cpu.GuestCpu;
import io.stalemate.linux.arm64.Arm64Mmu;
import io.stalemate.linux.arm64.HandleGuestAbort;
import io.stalemate.linux.arm64.VcpuRun;
import io.stalemate.linux.arm64.VmCaps;
import io.stalemate.linux.kvm.Requests;
import io.stalemate.machine.Machine;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.II_Result;

/**
 * A vCPU stores its mode and then looks for requests; {@code kvm_make_all_cpus_request()} stores a request and then
 * looks at the mode. Dekker's algorithm: one of the two must see the other, or the guest runs on with the request
 * pending.
 *
 * <p>Result: whether the vCPU went in; whether it was kicked.
 */
public final class RequestAgainstMode {

  private final LitmusVm vm;
  private final EnteringVcpu vcpu;

  RequestAgainstMode(Machine m) {
    vm = new LitmusVm(m);
    vcpu = new EnteringVcpu(m, vm.arch);
  }

  int enter() {
    return vcpu.enters() ? 1 : 0;
  }

  int request() {
    return vm.kvm.requests.makeAllCpusRequest(Requests.KVM_REQ_DIRTY_RING_SOFT_FULL) ? 1 : 0;
  }

  /** The run loop as far as the last look at the requests. */
  private static final class EnteringVcpu extends VcpuRun {

    EnteringVcpu(Machine m, Arm64Mmu arch) {
      super(arch, arch.createVcpu(0, 0), new GuestCpu(m, 0, LitmusVm.GEOMETRY),
          new HandleGuestAbort(arch, VmCaps.none()));
    }

    boolean enters() {
      enterGuestMode();
      return !kvm.requests.pending(vcpu);
    }
  }

  /** As the kernel has it. */
  @JCStressTest
  @Outcome(id = "0, 0", expect = ACCEPTABLE, desc = "the vCPU was still outside and sees the request")
  @Outcome(id = "0, 1", expect = ACCEPTABLE, desc = "both saw the other")
  @Outcome(id = "1, 1", expect = ACCEPTABLE, desc = "the vCPU went in and the kick takes it out")
  @Outcome(id = "1, 0", expect = FORBIDDEN, desc = "in the guest with a request nobody tells it of")
  @State
  public static class WithSmpMb {
    private final RequestAgainstMode shape = new RequestAgainstMode(LitmusMachine.whole());

    @Actor
    public void vcpu(II_Result r) {
      r.r1 = shape.enter();
    }

    @Actor
    public void requester(II_Result r) {
      r.r2 = shape.request();
    }
  }

  /** Without full barriers: the vCPU's store of its mode waits in a buffer while it looks for requests. */
  @JCStressTest
  @Outcome(id = "0, 0", expect = ACCEPTABLE, desc = "the vCPU was still outside and sees the request")
  @Outcome(id = "0, 1", expect = ACCEPTABLE, desc = "both saw the other")
  @Outcome(id = "1, 1", expect = ACCEPTABLE, desc = "the vCPU went in and the kick takes it out")
  @Outcome(id = "1, 0", expect = ACCEPTABLE_INTERESTING, desc = "store buffering: neither saw the other")
  @State
  public static class WithoutSmpMb {
    private final RequestAgainstMode shape = new RequestAgainstMode(LitmusMachine.withoutSmpMb());

    @Actor
    public void vcpu(II_Result r) {
      r.r1 = shape.enter();
    }

    @Actor
    public void requester(II_Result r) {
      r.r2 = shape.request();
    }
  }
}
