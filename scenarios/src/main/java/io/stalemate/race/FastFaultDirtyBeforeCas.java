package io.stalemate.race;

import io.stalemate.linux.x86.FastPageFault;
import io.stalemate.linux.x86.KvmPageFault;
import io.stalemate.linux.x86.X86Text;
import io.stalemate.linux.x86.X86Vcpu;
import io.stalemate.machine.Word;
import java.util.List;

/** The fast path notes the page as dirty before it makes the leaf writable. */
final class FastFaultDirtyBeforeCas implements Race {

  @Override
  public Card card() {
    return new Card("fast-fault-dirty-before-cas",
        "The fast page fault marks the page dirty before it sets W",
        Kind.MUTATION,
        "fast_pf_fix_direct_spte() the other way round: outside mmu_lock a harvest in between takes the dirty "
        + "bit, finds nothing to write-protect, and the leaf becomes writable afterwards",
        List.of("v6.12", "v6.8"),
        List.of("dirty-log-vs-fast-fault"),
        "dirty-log");
  }

  @Override
  public X86Text patch(X86Text text) {
    return text.with(FastPageFault.class, mmu -> new FastPageFault(mmu) {
      @Override
      protected boolean fixDirectSpte(
          X86Vcpu vcpu, KvmPageFault fault, int level, Word sptep, long oldSpte, long newSpte) {
        // wrong: make_spte()'s order, which is right under mmu_lock alone
        super.markDirty(vcpu, fault);
        return super.fixDirectSpte(vcpu, fault, level, sptep, oldSpte, newSpte);
      }

      @Override
      protected void markDirty(X86Vcpu vcpu, KvmPageFault fault) {}
    });
  }
}
