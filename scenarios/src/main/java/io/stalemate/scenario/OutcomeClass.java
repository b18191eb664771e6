package io.stalemate.scenario;

/** How an outcome is judged, as JCStress grades its tables. */
public enum OutcomeClass implements Worded {
  /** As it should be. */
  ACCEPTABLE("acceptable"),
  /** Allowed, and worth a look. */
  INTERESTING("interesting"),
  /** Must never happen: a finding. */
  FORBIDDEN("forbidden"),
  /** Not foreseen by the scenario; the verdict is INCONCLUSIVE. Files cannot name this class. */
  UNKNOWN("unknown");

  private final String word;

  OutcomeClass(String word) {
    this.word = word;
  }

  @Override
  public String word() {
    return word;
  }
}
