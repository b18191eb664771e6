package io.stalemate.race;

import io.stalemate.cpu.GuestRegisters;
import io.stalemate.linux.arm64.Arm64Mmu;
import io.stalemate.linux.arm64.Arm64Text;
import io.stalemate.linux.arm64.HandleGuestAbort;
import io.stalemate.linux.arm64.VmCaps;
import io.stalemate.linux.kvm.KvmVcpu;
import java.util.List;

/** An access that begins in a device reaches into a page that is none. */
final class MmioGuardFirstByteOnly implements Race {

  @Override
  public Card card() {
    return new Card("mmio-guard-first-byte-only",
        "an access across two pages is checked by its first byte",
        Kind.MUTATION,
        "the rule of \"KVM: arm64: Plumb MMIO checking into the fault handling\" (v2 05/16, October 2021), broken: an "
            + "access that crosses a page boundary is checked at both ends",
        List.of("v6.12"),
        List.of("mmio-guard-two-pages"),
        "conformance");
  }

  @Override
  public Arm64Text patch(Arm64Text text) {
    return text.withHandleGuestAbort(FirstByte::new);
  }

  private static final class FirstByte extends HandleGuestAbort {

    FirstByte(Arm64Mmu arch, VmCaps caps) {
      super(arch, caps);
    }

    @Override
    protected boolean passesMmioGuard(KvmVcpu vcpu, GuestRegisters regs, long hfar, long faultIpa) {
      // missing: the last byte
      return arch.mmioGuard().kvmCheckIoguardPage(this, vcpu, regs, hfar, faultIpa);
    }
  }
}
