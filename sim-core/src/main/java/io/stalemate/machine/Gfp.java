package io.stalemate.machine;

/** Allocation context, {@code gfp_t} as far as it matters here. */
public enum Gfp {
  /** {@code GFP_KERNEL}: may sleep, so not in atomic context. */
  KERNEL,
  /** {@code GFP_ATOMIC} / {@code GFP_NOWAIT}: never sleeps. */
  ATOMIC
}
