package io.stalemate.race;

import io.stalemate.linux.kvm.KernelText;
import io.stalemate.linux.kvm.MemAttributes;
import java.util.List;

/** The invalidation around a change of attributes ends before the attributes are stored. */
final class AttributesEndBeforeStore implements Race {

  @Override
  public Card card() {
    return new Card("attributes-end-before-store",
        "the invalidation ends before the new attributes are stored",
        Kind.MUTATION,
        "kvm_vm_set_mem_attributes(): a fault that begins after the end and before the store compares "
        + "with the old attribute, and nothing sends it back",
        List.of("v6.12", "v6.8"),
        List.of("attr-vs-fault"),
        "private-shared");
  }

  @Override
  public KernelText patch(KernelText text) {
    return text.withMemAttributes(kvm -> new MemAttributes(kvm) {
      @Override
      protected void change(long gfnStart, long gfnEnd, long attributes) {
        preSet(gfnStart, gfnEnd);
        // too early: the attributes are not stored yet
        postSet(gfnStart, gfnEnd, attributes);
        store(gfnStart, gfnEnd, attributes);
      }
    });
  }
}
