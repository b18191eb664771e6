package io.stalemate.oracle;

/** How a run ended. */
public enum Ending {
  /** Every task finished. */
  QUIESCENT,
  /** Tasks are left and none of them can proceed. */
  DEADLOCK,
  /** The scenario's bound on steps was reached. */
  BOUND
}
