package io.stalemate.race;

import io.stalemate.linux.arm64.StageTwoMap;
import io.stalemate.linux.arm64.nvhe.NvhePgtableV612;
import io.stalemate.linux.arm64.nvhe.NvheText;
import java.util.List;

/** One entry says the owner of a whole block. */
final class PkvmOwnerNotedOnBlock implements Race {

  @Override
  public Card card() {
    return new Card("pkvm-owner-noted-on-block",
        "the owner of a block is noted in one entry, which a change of one page drops",
        Kind.MUTATION,
        "the force_pte of kvm_pgtable_stage2_set_owner() (v5.15) removed: the pages around lose "
        + "their owner",
        List.of("v6.12"),
        List.of("pkvm-donate-and-return"),
        "page-ownership");
  }

  @Override
  public NvheText patch(NvheText text) {
    return text.withPgtable((ops, tlb, vmid, pgd, flags, cb) -> new NvhePgtableV612(ops, tlb, vmid, pgd, flags, cb) {
      @Override
      protected int stage2MapWalk(long addr, long size, StageTwoMap data, int walkFlags) {
        // missing: .force_pte = true
        boolean forcePte = data.physIsValid() && data.forcePte();
        return super.stage2MapWalk(addr, size,
            new StageTwoMap(data.phys(), data.attributes(), data.memcache(), data.invalidPte(), forcePte), walkFlags);
      }
    });
  }
}
