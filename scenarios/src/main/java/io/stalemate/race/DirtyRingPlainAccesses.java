package io.stalemate.race;

import io.stalemate.linux.kvm.DirtyLog;
import io.stalemate.linux.kvm.DirtyRing;
import io.stalemate.linux.kvm.KernelText;
import io.stalemate.machine.Word;
import java.util.List;

/** The flags of dirty-ring entries are read and cleared with plain accesses. */
final class DirtyRingPlainAccesses implements Race {

  @Override
  public Card card() {
    return new Card("dirty-ring-plain-accesses",
        "the reset of a dirty ring reads and clears the flags of entries with plain accesses",
        Kind.HISTORICAL,
        "fb04a1eddb1a (v5.11), fixed by 8929bc965964 (v6.1) before arm64 had rings; put into the kernels that do",
        List.of("v6.12", "v6.2"),
        List.of("ring-push-vs-reset"),
        "data-race");
  }

  @Override
  public KernelText patch(KernelText text) {
    return text.withDirtyLog(kvm -> new DirtyLog(kvm) {
      @Override
      protected DirtyRing newRing(int vcpu, int size) {
        return new DirtyRing(this.kvm, vcpu, size) {
          @Override
          protected boolean harvested(Word entryFlags) {
            // missing: smp_load_acquire()
            return (entryFlags.read() & KVM_DIRTY_GFN_F_RESET) != 0;
          }

          @Override
          protected void setInvalid(Word entryFlags) {
            // missing: smp_store_release()
            entryFlags.write(0);
          }
        };
      }
    });
  }
}
