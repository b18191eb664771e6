package io.stalemate.architecture.planted.linux.kvm;

import java.util.concurrent.atomic.AtomicLong;

/** Synchronises past the machine. */
public final class UsesAtomics {
  private final AtomicLong seq = new AtomicLong();

  /** Changes what no trace shows. */
  public long next() {
    return seq.incrementAndGet();
  }
}
