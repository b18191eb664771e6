package io.stalemate.jvm;

/** One pause of a loop that waits for another thread without sleeping. */
final class Spin {

  private static final int PAUSES = 64;

  private Spin() {}

  /**
   * Pauses the {@code round}th time in a row; yields the next round. The first rounds keep the CPU; then the thread
   * that is waited for may need it.
   */
  static int pause(int round) {
    if (round < PAUSES) {
      Thread.onSpinWait();
    } else {
      Thread.yield();
    }
    return round + 1;
  }
}
