package io.stalemate.race;

import io.stalemate.linux.kvm.DirtyLog;
import io.stalemate.linux.kvm.KernelText;
import io.stalemate.linux.kvm.KvmMemorySlot;
import io.stalemate.machine.WordArray;
import java.util.List;

/** GET write-protects the dirty pages and flushes first, and clears their bits afterwards. */
final class BitsClearedAfterWp implements Race {

  @Override
  public Card card() {
    return new Card("bits-cleared-after-wp",
        "KVM_GET_DIRTY_LOG clears dirty bits after it write-protected their pages",
        Kind.MUTATION,
        "the order of kvm_get_dirty_log_protect() turned round: a bit set anew by a fault in between is cleared, "
        + "and the page is writable",
        List.of("v6.12", "v6.2", "v5.15"),
        List.of("store-vs-get-dirty-log"),
        "dirty-log");
  }

  @Override
  public KernelText patch(KernelText text) {
    return text.withDirtyLog(kvm -> new DirtyLog(kvm) {
      @Override
      protected boolean takeDirty(KvmMemorySlot memslot, WordArray bitmap, long[] buffer) {
        boolean flush = false;
        this.kvm.mmuLock.writeLock();
        for (int i = 0; i < bitmap.length(); i++) {
          long mask = bitmap.at(i).readOnce();
          if (mask != 0) {
            flush = true;
            this.kvm.archMmu.enableLogDirtyPtMasked(memslot, (long) i * Long.SIZE, mask);
          }
        }
        this.kvm.mmuLock.writeUnlock();
        if (flush) {
          flush(memslot);
        }
        // wrong: too late for the faults that have come since
        for (int i = 0; i < bitmap.length(); i++) {
          buffer[i] = xchgDirty(memslot, bitmap, i);
        }
        return false;
      }
    });
  }
}
