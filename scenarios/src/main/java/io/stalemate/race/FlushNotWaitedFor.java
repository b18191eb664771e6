package io.stalemate.race;

import io.stalemate.linux.kvm.KvmVcpu;
import io.stalemate.linux.kvm.Requests;
import io.stalemate.linux.x86.X86Mmu;
import io.stalemate.linux.x86.X86Text;
import java.util.List;

/** A flush is a request and an interrupt, and nobody waits until the vCPUs in the guest have taken it. */
final class FlushNotWaitedFor implements Race {

  @Override
  public Card card() {
    return new Card("flush-not-waited-for",
        "kvm_flush_remote_tlbs() returns while a vCPU may still be in the guest",
        Kind.MUTATION,
        "KVM_REQUEST_WAIT removed from KVM_REQ_TLB_FLUSH (7a97cec26b94 made the flag of what every request did before)",
        List.of("v6.12", "v6.8"),
        List.of("fault-vs-flush"),
        "stale-translation");
  }

  @Override
  public X86Text patch(X86Text text) {
    return text.withX86Mmu((kvm, linked) -> new X86Mmu(kvm, linked) {
      @Override
      public void flushRemoteTlbs() {
        for (KvmVcpu vcpu : kvm.vcpus()) {
          kvm.requests.makeRequest(Requests.KVM_REQ_TLB_FLUSH, vcpu);
          // missing: smp_call_function_many(wait = 1) for each that is not outside the guest
          kvm.requests.vcpuKick(vcpu);
        }
      }
    });
  }
}
