package io.stalemate.sequential;

/** What the one thread may do now: how deep it is in atomic sections. */
final class AtomicDepth {

  private int depth;

  void enterAtomic() {
    depth++;
  }

  void leaveAtomic(String what) {
    if (depth == 0) {
      throw new IllegalStateException(what + " outside an atomic section");
    }
    depth--;
  }

  void mightSleep(String what) {
    if (depth > 0) {
      throw new IllegalStateException(what + " may sleep, " + depth + " atomic sections deep");
    }
  }

  /** What waiting means where there is nobody to wait for. */
  static IllegalStateException forEver(String what) {
    return new IllegalStateException(what + " would wait for ever: there is one thread");
  }
}
