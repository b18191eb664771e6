package io.stalemate.race;

import io.stalemate.linux.arm64.Arm64Text;
import io.stalemate.linux.arm64.FaultinPage;
import io.stalemate.linux.arm64.StageTwoFault;
import io.stalemate.linux.arm64.UserMemAbortV612;
import java.util.List;

/** A fault that only makes an existing leaf writable does not note the page as dirty. */
final class MarkDirtyMissingOnRelax implements Race {

  @Override
  public Card card() {
    return new Card("mark-dirty-missing-on-relax",
        "a permission fault makes a page writable and does not mark it dirty",
        Kind.MUTATION,
        "mark_page_dirty_in_slot() at the end of user_mem_abort() left out where the leaf was relaxed, not mapped",
        List.of("v6.12"),
        List.of("store-vs-get-dirty-log"),
        "dirty-log");
  }

  @Override
  public Arm64Text patch(Arm64Text text) {
    return text.withUserMemAbort((kvm, mmu) -> new UserMemAbortV612(kvm, mmu) {
      @Override
      protected void markDirty(StageTwoFault fault, FaultinPage page) {
        if (fault.permissionFault()) {
          // missing: mark_page_dirty_in_slot()
          this.kvm.gfnToPfn.setPfnDirty(page.pfn());
        } else {
          super.markDirty(fault, page);
        }
      }
    });
  }
}
