package io.stalemate.jvm;

import io.stalemate.machine.Srcu;
import java.lang.invoke.VarHandle;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLongArray;

/**
 * SRCU with two ranks of counters, a flip and two scans, as {@code kernel/rcu/srcutree.c} (kvm-protocol section 2) has
 * it. A reader that was preempted between reading the index and counting itself is what the first scan is for. The
 * barriers bear the kernel's letters.
 *
 * <p>model: counters are striped by thread instead of by CPU.
 */
final class NativeSrcu implements Srcu {

  private static final int STRIPES = 4;

  private final String name;
  private final AtomicInteger srcuIdx = new AtomicInteger();
  // Entry stripe * 2 + rank.
  private final AtomicLongArray locks = new AtomicLongArray(2 * STRIPES);
  private final AtomicLongArray unlocks = new AtomicLongArray(2 * STRIPES);
  private final PerThread sections = new PerThread();

  NativeSrcu(String name) {
    this.name = name;
  }

  @Override
  public int readLock() {
    int rank = srcuIdx.getOpaque() & 1;
    locks.getAndIncrement(stripe() * 2 + rank);
    // B: the section does not begin before it is counted. Pairs with A.
    VarHandle.fullFence();
    sections.add(1);
    return rank;
  }

  @Override
  public void readUnlock(int index) {
    assertReadHeld();
    sections.add(-1);
    // C: the section is over when it is counted. Pairs with A.
    VarHandle.fullFence();
    unlocks.getAndIncrement(stripe() * 2 + index);
  }

  @Override
  public void synchronize() {
    Misuse.check(sections.get() == 0, name, "a reader waits for its own grace period");
    // What the caller did before is seen by sections that begin later. Pairs with B.
    VarHandle.fullFence();
    gracePeriod();
    // Sections that ended are over for the caller. Pairs with C.
    VarHandle.fullFence();
  }

  /** One at a time: srcu_gp_mutex. */
  private synchronized void gracePeriod() {
    // Stragglers of the flip before the last.
    waitForReaders(srcuIdx.get() + 1 & 1);
    int before = srcuIdx.getAndIncrement();
    // D: who is counted from now on has the new index, or read the old one before the flip.
    VarHandle.fullFence();
    waitForReaders(before & 1);
  }

  private void waitForReaders(int rank) {
    int round = 0;
    while (!readersActiveIsZero(rank)) {
      round = Spin.pause(round);
    }
  }

  /** Unlocks are summed first: a reader that comes meanwhile is then counted as inside, never the other way round. */
  private boolean readersActiveIsZero(int rank) {
    long left = 0;
    for (int stripe = 0; stripe < STRIPES; stripe++) {
      left += unlocks.get(stripe * 2 + rank);
    }
    // A: the sums stay in this order. Pairs with B and C.
    VarHandle.fullFence();
    long came = 0;
    for (int stripe = 0; stripe < STRIPES; stripe++) {
      came += locks.get(stripe * 2 + rank);
    }
    return came == left;
  }

  private int stripe() {
    return sections.index() & STRIPES - 1;
  }

  @Override
  public void assertReadHeld() {
    Misuse.check(sections.get() > 0, name, "no read section of the caller");
  }
}
