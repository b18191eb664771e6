package io.stalemate.race;

import io.stalemate.linux.kvm.DirtyLog;
import io.stalemate.linux.kvm.KernelText;
import java.util.List;

/** The rings are reset and the VMM copies pages that CPUs still write through old translations. */
final class RingResetWithoutFlush implements Race {

  @Override
  public Card card() {
    return new Card("ring-reset-without-flush",
        "KVM_RESET_DIRTY_RINGS returns without flushing the TLBs",
        Kind.MUTATION,
        "kvm_flush_remote_tlbs() removed from the end of kvm_vm_ioctl_reset_dirty_pages()",
        List.of("v6.12", "v6.2"),
        List.of("ring-push-vs-reset"),
        "dirty-log");
  }

  @Override
  public KernelText patch(KernelText text) {
    return text.withDirtyLog(kvm -> new DirtyLog(kvm) {
      @Override
      protected void flushAfterReset() {
        // missing: kvm_flush_remote_tlbs()
      }
    });
  }
}
