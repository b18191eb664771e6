package io.stalemate.scenario;

/**
 * {@code KVM_SET_MEMORY_ATTRIBUTES} of {@code size} bytes from byte {@code address}. A VMM may ask for nonsense: then
 * the kernel answers with an errno.
 *
 * @param address unsigned
 * @param size unsigned
 * @param attributes bits; {@link #PRIVATE} is the only one there is
 * @param flags must be 0 for the kernel to agree
 */
public record SetAttributes(long address, long size, long attributes, long flags) implements Action {

  /** {@code KVM_MEMORY_ATTRIBUTE_PRIVATE}. */
  public static final long PRIVATE = 1 << 3;

  /** The attributes of {@code pages} pages from {@code gfn} are set. */
  public static SetAttributes of(long gfn, long pages, boolean privately) {
    Limits.checkGfns(gfn, pages);
    return new SetAttributes(gfn * Limits.PAGE_BYTES, pages * Limits.PAGE_BYTES, privately ? PRIVATE : 0, 0);
  }

  @Override
  public ActionKind kind() {
    return ActionKind.SET_ATTRIBUTES;
  }
}
