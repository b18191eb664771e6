package io.stalemate.race;

import io.stalemate.linux.kvm.Era;
import io.stalemate.linux.x86.KvmFaultin;
import io.stalemate.linux.x86.KvmFaultinV68;
import io.stalemate.linux.x86.KvmPageFault;
import io.stalemate.linux.x86.X86Text;
import java.util.List;

/** A private fault may install a huge leaf, whatever the order of the folio is. */
final class PrivateHugeLeaf implements Race {

  @Override
  public Card card() {
    return new Card("private-huge-leaf",
        "a private page is mapped by a huge leaf over frames that are not the file's",
        Kind.MUTATION,
        "kvm_faultin_pfn_private(): the order that kvm_gmem_get_pfn() gives limits the level; nothing "
        + "asks the host's tables about private pages",
        List.of("v6.12", "v6.8"),
        List.of("attr-whole-hugepage"),
        "stale-translation");
  }

  @Override
  public X86Text patch(X86Text text) {
    return text.with(KvmFaultin.class, mmu -> text.era() == Era.V6_8
        ? new KvmFaultinV68(mmu) {
          @Override
          protected int privateMaxLevel(KvmPageFault fault) {
            // missing: the order of the folio
            return fault.maxLevel;
          }
        }
        : new KvmFaultin(mmu) {
          @Override
          protected int privateMaxLevel(KvmPageFault fault) {
            // missing: the order of the folio
            return fault.maxLevel;
          }
        });
  }
}
