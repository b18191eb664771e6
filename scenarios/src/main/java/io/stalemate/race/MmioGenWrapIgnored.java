package io.stalemate.race;

import io.stalemate.linux.x86.MmioSptes;
import io.stalemate.linux.x86.X86Text;
import java.util.List;

/** MMIO SPTEs outlive the wrap-around of the generation that they hold. */
final class MmioGenWrapIgnored implements Race {

  @Override
  public Card card() {
    return new Card("mmio-gen-wrap-ignored",
        "no table goes when the generation bits of MMIO SPTEs wrap around",
        Kind.MUTATION,
        "the zap in kvm_mmu_invalidate_mmio_sptes(), removed",
        List.of("v6.12", "v6.8"),
        List.of("mmio-generation-wrap"),
        "conformance");
  }

  @Override
  public X86Text patch(X86Text text) {
    return text.with(MmioSptes.class, mmu -> new MmioSptes(mmu) {
      @Override
      protected void zapAll() {
        // missing: kvm_mmu_zap_all_fast()
      }
    });
  }
}
