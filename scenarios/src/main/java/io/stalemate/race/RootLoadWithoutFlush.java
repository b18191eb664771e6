package io.stalemate.race;

import io.stalemate.linux.x86.VcpuRequests;
import io.stalemate.linux.x86.X86Text;
import io.stalemate.linux.x86.X86Vcpu;
import java.util.List;

/** What a CPU cached of a root that is gone comes to life with the next root in the same frame. */
final class RootLoadWithoutFlush implements Race {

  @Override
  public Card card() {
    return new Card("root-load-without-flush",
        "a vCPU loads a root without flushing what its CPU cached of the frame's last life as one",
        Kind.MUTATION,
        "flush_tlb_current() removed from kvm_mmu_load(), which is why no TLB is flushed where a root is freed",
        List.of("v6.12", "v6.8"),
        List.of("roots-recycled"),
        "stale-translation");
  }

  @Override
  public X86Text patch(X86Text text) {
    return text.with(VcpuRequests.class, mmu -> new VcpuRequests(mmu) {
      @Override
      public void flushTlbCurrent(X86Vcpu vcpu) {
        // missing: vmx_flush_tlb_current()
      }
    });
  }
}
