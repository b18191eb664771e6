package io.stalemate.linux.x86;

/**
 * The same of v6.8, where flags are merged into the error code by adding. As long as no access brings RSVD the sums are
 * what OR would yield; if one did, the carry would make a fetch of it, or reach past the table.
 */
public class MmuPermissionsV68 extends MmuPermissions {

  /** The tables for {@code mode}. */
  public MmuPermissionsV68(Mode mode) {
    super(mode);
  }

  @Override
  protected int withRsvd(int pfec, boolean flag) {
    return pfec + (flag ? (int) PfErrorCode.RSVD : 0);
  }
}
