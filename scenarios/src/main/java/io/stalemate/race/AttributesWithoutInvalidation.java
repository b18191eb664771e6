package io.stalemate.race;

import io.stalemate.linux.kvm.KernelText;
import io.stalemate.linux.kvm.MemAttributes;
import java.util.List;

/** Attributes change without an invalidation: leafs go, but faults under way are not sent back. */
final class AttributesWithoutInvalidation implements Race {

  @Override
  public Card card() {
    return new Card("attributes-without-invalidation",
        "a change of attributes unmaps its gfns but sends no fault back",
        Kind.MUTATION,
        "kvm_vm_set_mem_attributes(): begin and end around the stores are what a fault that compared "
        + "the old attribute runs into",
        List.of("v6.12", "v6.8"),
        List.of("attr-vs-fault"),
        "private-shared");
  }

  @Override
  public KernelText patch(KernelText text) {
    return text.withMemAttributes(kvm -> new MemAttributes(kvm) {
      @Override
      protected void change(long gfnStart, long gfnEnd, long attributes) {
        // missing: kvm_mmu_invalidate_begin() before and kvm_mmu_invalidate_end() after
        kvm.mmuLock.writeLock();
        if (kvm.archMmu.unmapGfnRange(gfnStart, gfnEnd, true)) {
          kvm.archMmu.flushRemoteTlbs();
        }
        kvm.mmuLock.writeUnlock();
        store(gfnStart, gfnEnd, attributes);
      }
    });
  }
}
