package io.stalemate.scenario;

/**
 * What one run of a scenario runs on.
 *
 * @param era a release that {@code system} is modelled for
 */
public record Kernel(SystemUnderTest system, String era) {
  public Kernel {
    if (!system.eras().contains(era)) {
      throw new IllegalArgumentException("era " + era + " on " + system.word() + "; known: " + system.eras());
    }
  }

  /** Yields for example {@code kvm-x86 v6.8}. */
  public String text() {
    return system.word() + " " + era;
  }
}
