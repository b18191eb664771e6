package io.stalemate.linux.arm64;

/**
 * {@code struct kvm_pgtable_walker}: which entries a walk shows to whom.
 *
 * @param visitor is called for each entry
 * @param flags of the constants here
 */
public record PgtableWalker(Visitor visitor, int flags) {

  /** Show entries that are no tables, empty ones too. */
  public static final int LEAF = 1;
  /** Show a table before its entries. */
  public static final int TABLE_PRE = 1 << 1;
  /** Show a table after its entries. */
  public static final int TABLE_POST = 1 << 2;
  /** Other walks may run at the same time: entries change by compare-and-exchange, tables are read under RCU. */
  public static final int SHARED = 1 << 3;
  /** The walk serves a fault: losing a race ends it, the guest tries again (ddcadb297ce5). */
  public static final int HANDLE_FAULT = 1 << 4;
  /** The tables walked are not linked yet: nothing of them can be cached, so break needs no invalidation (v6.4). */
  public static final int SKIP_BBM_TLBI = 1 << 5;
  /** The pages mapped were mapped before: their caches are clean (v6.4). elided: as is the maintenance it skips. */
  public static final int SKIP_CMO = 1 << 6;

  /** {@code kvm_pgtable_visitor_fn_t}. */
  @FunctionalInterface
  public interface Visitor {

    /**
     * Sees one entry.
     *
     * @param ctx the entry
     * @param visit which one of {@link #LEAF}, {@link #TABLE_PRE} and {@link #TABLE_POST} this is
     * @return 0, a negative errno, or {@link ExclusiveWalk#ANCHOR} where that class says so
     */
    int visit(PgtableVisit ctx, int visit);
  }

  boolean shows(int visit) {
    return (flags & visit) != 0;
  }

  boolean shared() {
    return (flags & SHARED) != 0;
  }
}
