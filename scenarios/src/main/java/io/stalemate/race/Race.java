package io.stalemate.race;

import io.stalemate.linux.arm64.Arm64Text;
import io.stalemate.linux.arm64.nvhe.NvheText;
import io.stalemate.linux.kvm.KernelText;
import io.stalemate.linux.x86.X86Text;
import io.stalemate.machine.Machine;
import io.stalemate.scenario.Kernel;
import io.stalemate.scenario.Scenario;
import io.stalemate.scenario.SystemUnderTest;
import io.stalemate.yardstick.Yardstick;
import java.util.ArrayList;
import java.util.List;

/** A known race: what it is, and the patch that puts it back. What a patch does not override stays as it is. */
public interface Race {

  /** What lists and findings say about a race. */
  Card card();

  /**
   * The systems whose runs it can change: those whose text it patches. What patches the common text alone is on every
   * architecture.
   */
  default List<SystemUnderTest> systems() {
    List<SystemUnderTest> systems = new ArrayList<>();
    boolean commonAlone = replaces("patch", KernelText.class)
        && !replaces("patch", Arm64Text.class) && !replaces("patch", X86Text.class);
    if (commonAlone || replaces("patch", Arm64Text.class)) {
      systems.add(SystemUnderTest.KVM_ARM64);
    }
    if (commonAlone || replaces("patch", X86Text.class)) {
      systems.add(SystemUnderTest.KVM_X86);
    }
    if (replaces("patch", NvheText.class)) {
      systems.add(SystemUnderTest.PKVM);
    }
    if (replaces("yardstick", Machine.class, int.class)) {
      systems.add(SystemUnderTest.YARDSTICK);
    }
    return systems;
  }

  /** Yields the kernels that {@code scenario} makes sense on and that the race can be put into. */
  default List<Kernel> kernels(Scenario scenario) {
    return scenario.kernels().stream()
        .filter(kernel -> systems().contains(kernel.system()) && card().eras().contains(kernel.era())).toList();
  }

  private boolean replaces(String method, Class<?>... parameters) {
    try {
      return getClass().getMethod(method, parameters).getDeclaringClass() != Race.class;
    } catch (NoSuchMethodException e) {
      throw new IllegalStateException("a race without " + method, e);
    }
  }

  /** Yields the common text with the race in it. */
  default KernelText patch(KernelText text) {
    return text;
  }

  /** Yields arm64's text with the race in it. */
  default Arm64Text patch(Arm64Text text) {
    return text;
  }

  /** Yields x86's text with the race in it. */
  default X86Text patch(X86Text text) {
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
