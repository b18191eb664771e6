package io.stalemate.architecture.planted.linux.kvm;

/** Keeps shared state outside the words. */
public final class KeepsState {
  private int seq;

  /** Changes what no trace shows. */
  public int next() {
    return ++seq;
  }
}
