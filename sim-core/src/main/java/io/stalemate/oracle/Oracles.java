package io.stalemate.oracle;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** The catalogue of oracles, harm first. */
public final class Oracles {

  private Oracles() {}

  /**
   * Yields one of each, ready for use by one world.
   *
   * @param bitsPerLevel a stage-2 table page holds {@code 1 << bitsPerLevel} entries
   */
  public static List<Oracle> all(int bitsPerLevel) {
    return List.of(
        new StaleTranslation(bitsPerLevel),
        new GuestMemory(),
        new GuestTags(),
        new BreakBeforeMake(bitsPerLevel),
        new Accounting(bitsPerLevel),
        new Progress(),
        new StalenessProtocol(bitsPerLevel),
        new Lockdep(),
        new DataRace(),
        new KernelWarning(),
        new Conformance(bitsPerLevel),
        new DirtyLog(),
        new PageOwnership(bitsPerLevel),
        new PrivateShared(bitsPerLevel),
        new WriteTracking(bitsPerLevel),
        new SpteUpdates(),
        new Linearizability());
  }

  /** The names, in the order of {@link #all}. */
  public static List<String> names() {
    List<String> names = new ArrayList<>();
    for (Oracle oracle : all(1)) {
      names.add(oracle.name());
    }
    return names;
  }

  /** Yields the oracle called {@code name}, if there is one. */
  public static Optional<Oracle> byName(String name, int bitsPerLevel) {
    return all(bitsPerLevel).stream().filter(oracle -> oracle.name().equals(name)).findFirst();
  }
}
