package io.stalemate.linearizability;

/** What is done to the memslots of a VM. */
public sealed interface MemslotOperation {

  /**
   * {@code KVM_SET_USER_MEMORY_REGION}. With {@code pages} 0 it deletes the slot; a slot that is there is moved or
   * changes its flags.
   *
   * @param ret 0 or a negative errno
   */
  record SetRegion(int id, long gfn, long pages, long hva, long flags, long ret) implements MemslotOperation {}

  /** A part of the ioctl: the slot is on its way out, and who looks for it may find it or not. */
  record Retire(int id) implements MemslotOperation {}

  /** A part of the ioctl that failed after it retired the slot: the slot is back. */
  record Restore(int id) implements MemslotOperation {}

  /** Somebody finds a slot at {@code gfn}, one that may be written if it is for {@code write}. */
  record Found(long gfn, boolean write) implements MemslotOperation {}

  /** Somebody finds no slot at {@code gfn}, or only a read-only one if it is for {@code write}. */
  record Missed(long gfn, boolean write) implements MemslotOperation {}
}
