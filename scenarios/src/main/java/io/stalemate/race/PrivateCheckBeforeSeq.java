package io.stalemate.race;

import io.stalemate.linux.x86.KvmFaultin;
import io.stalemate.linux.x86.KvmPageFault;
import io.stalemate.linux.x86.X86Text;
import java.util.List;

/** The attribute is read before the sequence is sampled: a change that falls between goes unnoticed. */
final class PrivateCheckBeforeSeq implements Race {

  @Override
  public Card card() {
    return new Card("private-check-before-seq",
        "a fault compares private with the gfn's attribute before it samples mmu_invalidate_seq",
        Kind.REVIEW,
        "the page-fault clean-ups as first posted (February 2024): the comparison was moved above the sample; "
            + "44f42ef37deb (v6.11) has it below",
        List.of("v6.12"),
        List.of("attr-vs-fault"),
        "private-shared");
  }

  @Override
  public X86Text patch(X86Text text) {
    return text.with(KvmFaultin.class, mmu -> new KvmFaultin(mmu) {
      @Override
      protected boolean sampleAndCompare(KvmPageFault fault) {
        // wrong order
        boolean differs = kindDiffers(fault);
        sampleSeq(fault);
        return differs;
      }
    });
  }
}
