package io.stalemate.race;

import io.stalemate.linux.x86.MmuPageFault;
import io.stalemate.linux.x86.X86Text;
import io.stalemate.linux.x86.X86Vcpu;
import java.util.List;

/** What is cached about shared MMIO answers for a private access too. */
final class RsvdPrivateCached implements Race {

  @Override
  public Card card() {
    return new Card("rsvd-private-cached",
        "a private reserved-bit fault is emulated as the MMIO that its entry says",
        Kind.GUARD,
        "the page-fault clean-ups of v6.11, \"WARN and skip MMIO cache on private, reserved page faults\"",
        List.of("v6.12"),
        List.of("private-mmio"),
        "conformance");
  }

  @Override
  public X86Text patch(X86Text text) {
    return text.with(MmuPageFault.class, mmu -> new MmuPageFault(mmu) {
      @Override
      protected int reservedFault(X86Vcpu vcpu, long gpa, long errorCode) {
        // missing: -EFAULT for a private one
        return this.mmu.mmio.handleMmioPageFault(vcpu, gpa);
      }
    });
  }
}
