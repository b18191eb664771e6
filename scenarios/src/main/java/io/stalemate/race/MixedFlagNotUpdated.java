package io.stalemate.race;

import io.stalemate.linux.kvm.KvmMemorySlot;
import io.stalemate.linux.x86.X86Attributes;
import io.stalemate.linux.x86.X86Text;
import java.util.List;

/** A huge page that is private in part is not marked as mixed. */
final class MixedFlagNotUpdated implements Race {

  @Override
  public Card card() {
    return new Card("mixed-flag-not-updated",
        "a huge page made of private and shared gfns is not marked as mixed",
        Kind.MUTATION,
        "kvm_arch_post_set_memory_attributes(): the flag is what keeps later faults from a huge leaf "
        + "over both kinds",
        List.of("v6.12", "v6.8"),
        List.of("attr-vs-hugepage"),
        "private-shared");
  }

  @Override
  public X86Text patch(X86Text text) {
    return text.with(X86Attributes.class, mmu -> new X86Attributes(mmu) {
      @Override
      protected void setMixed(KvmMemorySlot slot, long gfn, int level, boolean mixed) {
        // missing: hugepage_set_mixed()
        super.setMixed(slot, gfn, level, false);
      }
    });
  }
}
