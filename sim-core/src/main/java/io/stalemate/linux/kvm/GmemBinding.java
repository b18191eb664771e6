package io.stalemate.linux.kvm;

import io.stalemate.machine.Word;

/**
 * {@code slot->gmem}: where a memslot's private pages are.
 *
 * @param gmem the file's object
 * @param pgoff its page that the slot's first page is
 * @param file {@code slot->gmem.file}: 1 while the file is open and bound, 0 from its release or unbinding on; written
 *     under slots_lock and filemap_invalidate_lock, read inside rcu
 */
public record GmemBinding(KvmGmem gmem, long pgoff, Word file) {

  /** The page of the file behind {@code gfn} of {@code slot}. */
  long index(KvmMemorySlot slot, long gfn) {
    return gfn - slot.baseGfn() + pgoff;
  }
}
