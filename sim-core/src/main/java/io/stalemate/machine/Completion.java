package io.stalemate.machine;

/** {@code struct completion}. */
public interface Completion {

  /** {@code wait_for_completion()}; sleeps until a completion is available and takes it. */
  void waitFor();

  /** {@code complete()}: makes one completion available. */
  void complete();

  /** {@code complete_all()}: every present and later wait returns at once. */
  void completeAll();
}
