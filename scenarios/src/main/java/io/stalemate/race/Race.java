package io.stalemate.race;

import io.stalemate.linux.arm64.Arm64Text;
import io.stalemate.linux.arm64.nvhe.NvheText;
import io.stalemate.linux.kvm.KernelText;
import io.stalemate.machine.Machine;
import io.stalemate.yardstick.Yardstick;
import java.util.List;

/** A known race: what it is, and the patch that puts it back. What a patch does not override stays as it is. */
public interface Race {

  /** What lists and findings say about a race. */
  Card card();

  /** Yields the common text with the race in it. */
  default KernelText patch(KernelText text) {
    return text;
  }

  /** Yields arm64's text with the race in it. */
  default Arm64Text patch(Arm64Text text) {
    return text;
  }

  /** Yields the text at EL2 with the race in it. */
  default NvheText patch(NvheText text) {
    return text;
  }

  /** Yields scenario zero with the race in it. */
  default Yardstick yardstick(Machine m, int invalidations) {
    return new Yardstick(m, invalidations);
  }

  /**
   * A race's description.
   *
   * @param name unique, as {@code --race} takes it
   * @param title the bug in one line
   * @param kind whether it was shipped
   * @param source where it is documented: the fixing commit, or the rule whose removal it is
   * @param eras the eras it can be put into, for example {@code v6.12}; if none is asked for, the
   *     scenario's own is taken if it is among them, else the first
   * @param scenarios scenarios that expose it, the quickest first
   * @param oracle the oracle that sees the harm
   */
  record Card(
      String name,
      String title,
      Kind kind,
      String source,
      List<String> eras,
      List<String> scenarios,
      String oracle) {

    /** Takes copies and checks that nothing is missing. */
    public Card {
      eras = List.copyOf(eras);
      scenarios = List.copyOf(scenarios);
      if (eras.isEmpty() || scenarios.isEmpty() || source.isBlank()) {
        throw new IllegalArgumentException("race " + name + " without era, scenario or source");
      }
    }
  }

  /** Where a race comes from. */
  enum Kind {
    /** It was in a released kernel. */
    HISTORICAL,
    /** The rule against it arrived with the change that needs it, so it never shipped. */
    GUARD,
    /** Found in review, or in a series that was never merged. */
    REVIEW,
    /** A rule of today's code whose removal is the bug. */
    MUTATION,
    /** No race of the kernel: a defect planted to prove that the simulator notices it. */
    CANARY
  }
}
