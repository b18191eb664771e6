package io.stalemate.scenario;

/**
 * The shape of stage-2 tables.
 *
 * @param levels number of levels, 2 to 4; the last is numbered 3 as in the architecture
 * @param bits log2 of the entries per table, 1 to 9
 */
public record Geometry(int levels, int bits) {

  /** Two levels of four entries: 16 gfns, blocks of four. */
  public static final Geometry SMALL = new Geometry(2, 2);

  public Geometry {
    Limits.check("levels", levels, 2, 4);
    Limits.check("bits", bits, 1, 9);
  }

  /** Number of gfns that a table of this shape translates, at most {@link Limits#GFNS}. */
  public int gfns() {
    return levels * bits >= 12 ? Limits.GFNS : 1 << (levels * bits);
  }
}
