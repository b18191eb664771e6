package io.stalemate.scenario;

/**
 * {@code KVM_ARM_MTE_COPY_TAGS}: a VMM thread reads or writes the tags of guest pages.
 *
 * @param write to the guest
 * @param gfn first page
 * @param offset bytes beyond the start of {@code gfn} at which the call begins; not 0 is a mistake of the VMM's
 * @param length bytes of guest memory; not a multiple of the page size is a mistake
 * @param reserved what the reserved words hold; not 0 is a mistake
 * @param flagBits flags beside the direction; not 0 is a mistake
 * @param faultAt halves of pages whose tags the user's buffer takes or has before it faults; {@link #NO_FAULT}
 */
public record CopyTags(boolean write, long gfn, int offset, int length, int reserved, int flagBits, int faultAt)
    implements Action {

  /** The whole buffer is there. */
  public static final int NO_FAULT = Integer.MAX_VALUE;

  public CopyTags {
    Limits.checkGfns(gfn, 1);
    Limits.check("offset", offset, 0, Limits.BYTES);
    Limits.check("length", length, 0, Limits.BYTES);
    Limits.check("fault-at", faultAt, 0, NO_FAULT);
  }

  /** First page the call does not touch any more. */
  public long gfnEnd() {
    return gfn + (offset + length + Limits.PAGE_BYTES - 1) / Limits.PAGE_BYTES;
  }

  @Override
  public ActionKind kind() {
    return write ? ActionKind.WRITE_TAGS : ActionKind.READ_TAGS;
  }
}
