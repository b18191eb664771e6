package io.stalemate.sim;

/**
 * What shared words hold: the memory model, a part that can be swapped. Words are named by object id. The opcode says
 * which kind of access it is, so that a weaker model can treat marked and plain, acquire and release differently.
 */
public interface Memory {

  /** Forgets every word. */
  void clear();

  /** Word {@code id} exists from now on and holds {@code initial}. */
  void define(int id, long initial);

  /** {@code count} words from {@code first} exist from now on and hold 0. */
  void defineRow(int first, int count);

  /** Yields what {@code task} loads. */
  long load(int task, int id, int opcode);

  /** {@code task} stores. */
  void store(int task, int id, long value, int opcode);

  /** {@code task} replaces the value in one read-modify-write; yields the value before. */
  long exchange(int task, int id, long value, int opcode);

  /** {@code task} performs a barrier. */
  void barrier(int task, int opcode);
}
