package io.stalemate.scenario;

/**
 * How a guest makes an access.
 *
 * @param offset bytes from the start of the page
 * @param undecodable by an instruction that the abort's syndrome does not describe
 * @param failing memory answers the first attempt with an error
 * @param table gfn of the guest's stage-1 table that the access is translated through; {@link #NO_TABLE} for none
 * @param updates the stage-1 walk sets a flag in its descriptor, so it writes to {@code table}
 * @param privately the guest wants private memory, in a VM whose guests say so
 */
public record Manner(int offset, boolean undecodable, boolean failing, long table, boolean updates,
    boolean privately) {

  /** No stage-1 table: its walk hits a cache. */
  public static final long NO_TABLE = -1;

  /** At the page's start, by an ordinary instruction. */
  public static final Manner PLAIN = new Manner(0, false, false, NO_TABLE, false, false);

  /** An access that does not ask for private memory. */
  public Manner(int offset, boolean undecodable, boolean failing, long table, boolean updates) {
    this(offset, undecodable, failing, table, updates, false);
  }

  public Manner {
    Limits.check("offset", offset, 0, Limits.PAGE_BYTES - 1);
    Limits.check("stage1-table", table, NO_TABLE, Limits.GFNS - 1);
    if (updates && table == NO_TABLE) {
      throw new IllegalArgumentException("an update of a stage-1 table without the table");
    }
  }
}
