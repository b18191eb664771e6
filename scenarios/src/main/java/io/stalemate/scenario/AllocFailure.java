package io.stalemate.scenario;

import io.stalemate.machine.PageUse;

/** The {@code nth} page allocation (from 1) for {@code use} fails. */
public record AllocFailure(PageUse use, int nth) {
  public AllocFailure {
    Limits.check("nth", nth, 1, Limits.ALLOC_NTH);
  }
}
