package io.stalemate.race;

import io.stalemate.linux.x86.VcpuRequests;
import io.stalemate.linux.x86.X86Text;
import io.stalemate.linux.x86.X86Vcpu;
import java.util.List;

/** A vCPU looks at its requests before it says that it is about to enter the guest, and not again after that. */
final class ExitRequestUnchecked implements Race {

  @Override
  public Card card() {
    return new Card("exit-request-unchecked",
        "vcpu_enter_guest() does not look at requests again once the mode is IN_GUEST_MODE",
        Kind.MUTATION,
        "kvm_vcpu_exit_request() removed: who makes a request finds the vCPU outside and does not interrupt it, and "
        + "the vCPU enters the guest with the request pending",
        List.of("v6.12", "v6.8"),
        List.of("fault-vs-flush"),
        "stale-translation");
  }

  @Override
  public X86Text patch(X86Text text) {
    return text.with(VcpuRequests.class, mmu -> new VcpuRequests(mmu) {
      @Override
      public boolean kvmVcpuExitRequest(X86Vcpu vcpu) {
        // missing: vcpu->mode == EXITING_GUEST_MODE || kvm_request_pending(vcpu)
        return false;
      }
    });
  }
}
