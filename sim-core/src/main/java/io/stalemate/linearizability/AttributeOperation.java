package io.stalemate.linearizability;

/** What is done to the attributes of gfns, a gfn at a time: an ioctl on a range is one on each of its gfns. */
public sealed interface AttributeOperation {

  /** Which gfn. */
  long gfn();

  /**
   * {@code KVM_SET_MEMORY_ATTRIBUTES}: the gfn is private from then on, or shared.
   *
   * @param ret 0 or a negative errno
   */
  record Set(long gfn, boolean isPrivate, long ret) implements AttributeOperation {}

  /** A fault finds the gfn private, or shared. */
  record Found(long gfn, boolean isPrivate) implements AttributeOperation {}

  /** A guest's access reaches private memory behind the gfn, or shared. */
  record Reached(long gfn, boolean isPrivate) implements AttributeOperation {}
}
