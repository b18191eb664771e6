package io.stalemate.race;

import io.stalemate.linux.arm64.Arm64Text;
import io.stalemate.linux.arm64.HandleGuestAbort;
import java.util.List;

/** The address of an MMIO access is what HPFAR has of it. */
final class MmioLowBitsFromHpfar implements Race {

  @Override
  public Card card() {
    return new Card("mmio-low-bits-from-hpfar",
        "an MMIO exit names the page and not the register: FAR's low 12 bits are missing",
        Kind.MUTATION,
        "kvm_handle_guest_abort() without fault_ipa |= kvm_vcpu_get_hfar() & 0xfff: HPFAR_EL2 has bits 47 to 12 alone",
        List.of("v6.12", "v6.2", "v5.15"),
        List.of("ucall-vs-slot-create", "ro-slot-write-vs-slot-delete"),
        "conformance");
  }

  @Override
  public Arm64Text patch(Arm64Text text) {
    return text.withHandleGuestAbort((arch, caps) -> new HandleGuestAbort(arch, caps) {
      @Override
      protected long mmioAddress(long faultIpa, long hfar) {
        // missing: the low bits
        return faultIpa;
      }
    });
  }
}
