package io.stalemate.race;

import io.stalemate.linux.x86.X86Exits;
import io.stalemate.linux.x86.X86Text;
import io.stalemate.linux.x86.X86Vcpu;
import java.util.List;

/** The pages that hardware logged wait in its log until that is full, and whoever asks what is dirty misses them. */
final class PmlFlushedWhenFull implements Race {

  @Override
  public Card card() {
    return new Card("pml-flushed-when-full",
        "the page-modification log is emptied when it is full, not at every exit",
        Kind.MUTATION,
        "vmx_flush_pml_buffer() of vmx_handle_exit() moved to handle_pml_full(): the exits that "
        + "kvm_arch_sync_dirty_log() forces bring nothing",
        List.of("v6.12", "v6.8"),
        List.of("pml-vs-get-dirty-log"),
        "dirty-log");
  }

  @Override
  public X86Text patch(X86Text text) {
    return text.with(X86Exits.class, mmu -> new X86Exits(mmu) {
      @Override
      protected void vmxFlushPmlBuffer(X86Vcpu vcpu) {
        if (vcpu.pml.isPresent() && vcpu.pml.get().index() >= 0) {
          // missing: the pages of a log that is not full
          return;
        }
        super.vmxFlushPmlBuffer(vcpu);
      }
    });
  }
}
