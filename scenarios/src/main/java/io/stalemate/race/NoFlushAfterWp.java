package io.stalemate.race;

import io.stalemate.linux.kvm.DirtyLog;
import io.stalemate.linux.kvm.KernelText;
import io.stalemate.linux.kvm.KvmMemorySlot;
import java.util.List;

/** The dirty log is told to user space while CPUs may still write through the translations that went. */
final class NoFlushAfterWp implements Race {

  @Override
  public Card card() {
    return new Card("no-flush-after-wp",
        "KVM_GET_DIRTY_LOG and KVM_CLEAR_DIRTY_LOG return without flushing the TLBs",
        Kind.MUTATION,
        "kvm_flush_remote_tlbs_memslot() removed from the ends of kvm_get_dirty_log_protect() and "
        + "kvm_clear_dirty_log_protect()",
        List.of("v6.12", "v6.8", "v6.2", "v5.15"),
        List.of("store-vs-get-dirty-log", "pml-vs-get-dirty-log"),
        "dirty-log");
  }

  @Override
  public KernelText patch(KernelText text) {
    return text.withDirtyLog(kvm -> new DirtyLog(kvm) {
      @Override
      protected void flush(KvmMemorySlot memslot) {
        // missing: kvm_flush_remote_tlbs_memslot()
      }
    });
  }
}
