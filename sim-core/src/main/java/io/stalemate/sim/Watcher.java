package io.stalemate.sim;

/** Sees every event of a world as it is appended. */
public interface Watcher {

  /** Event {@code event} of the world's trace, with operation {@code opcode}, has been appended. */
  void on(int opcode, int event);
}
