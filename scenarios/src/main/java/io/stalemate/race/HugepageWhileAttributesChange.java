package io.stalemate.race;

import io.stalemate.linux.kvm.KvmMemorySlot;
import io.stalemate.linux.x86.X86Attributes;
import io.stalemate.linux.x86.X86Text;
import java.util.List;

/** A fault beside gfns that change their attributes may install a huge leaf over them. */
final class HugepageWhileAttributesChange implements Race {

  @Override
  public Card card() {
    return new Card("hugepage-while-attributes-change",
        "a huge leaf is installed over gfns whose attributes are changing",
        Kind.HISTORICAL,
        "9129633d568e (v6.16, 6.12.y): only the gfns that change were in the range being invalidated, "
        + "while the mixed flags of their huge pages were still the old ones; in v6.8 and every release "
        + "up to the fix",
        List.of("v6.12", "v6.8"),
        List.of("attr-vs-hugepage"),
        "private-shared");
  }

  @Override
  public X86Text patch(X86Text text) {
    return text.with(X86Attributes.class, mmu -> new X86Attributes(mmu) {
      @Override
      protected void addHugePages(KvmMemorySlot slot, long gfnStart, long gfnEnd) {
        // missing: the huge pages at both ends count as being invalidated
      }
    });
  }
}
