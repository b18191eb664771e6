package io.stalemate.lincheck;

import static io.stalemate.lincheck.Call.call;
import static org.assertj.core.api.Assertions.assertThat;

import io.stalemate.actors.Worlds;
import io.stalemate.jvm.NativeMachine;
import io.stalemate.race.Race;
import io.stalemate.race.Races;
import io.stalemate.scenario.file.Catalogue;
import io.stalemate.session.Case;
import io.stalemate.session.Session;
import io.stalemate.yardstick.Yardstick;
import java.util.List;
import java.util.Optional;
import org.jetbrains.lincheck.datastructures.Operation;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Scenario zero: faults on a page that the host takes away. Lincheck and the simulator judge it alike. */
@Tag("lincheck")
class YardstickTest {

  private static final long RUNS = 2000;

  @Test
  void theCorrectTextNeverMapsAFreedPage() {
    faultAgainstInvalidation(Correct.class)
        .pinned(List.of(call("fault"), call("fault")), List.of(call("invalidate0"), call("invalidate1")))
        .pinned(List.of(call("fault")), List.of(call("fault")), List.of(call("invalidate0")))
        .executions(300)
        .assertCorrect();
    assertThat(simulatorFindsSomething(Optional.empty())).isFalse();
  }

  @Test
  void theCorrectTextNeverMapsAFreedPageUnderStress() {
    suite(Correct.class)
        .pinned(List.of(call("fault"), call("fault")), List.of(call("invalidate0"), call("invalidate1")))
        .stressExecutions(10)
        .assertCorrectUnderStress();
  }

  @ParameterizedTest
  @ValueSource(classes = {NoRetryCheck.class, NoSeqCheck.class, NoInProgressCheck.class})
  void aRetryCheckWithoutOneOfItsHalvesIsFound(Class<? extends Faults> mutant) throws ReflectiveOperationException {
    faultAgainstInvalidation(mutant).assertFinds("tryFault", "mmuLock", "switchHostPage", "setLeaf");
    String race = mutant.getConstructor().newInstance().race.orElseThrow().card().name();
    assertThat(simulatorFindsSomething(Optional.of(race))).isTrue();
  }

  private static ModelChecked faultAgainstInvalidation(Class<? extends Faults> tested) {
    return suite(tested).pinned(List.of(call("fault")), List.of(call("invalidate0")));
  }

  private static ModelChecked suite(Class<? extends Faults> tested) {
    return ModelChecked.of(tested, NothingFreedIsMapped.class);
  }

  private static boolean simulatorFindsSomething(Optional<String> race) {
    Case subject = Case.of(new Catalogue().scenario("yardstick"), true, Optional.empty(), race);
    try (Worlds worlds = new Worlds(1)) {
      Session.Plan plan = new Session.Plan(subject, "rnd", 3, RUNS, Long.MAX_VALUE, 1, false);
      return !new Session(plan).run(worlds).found().isEmpty();
    }
  }

  /** One gfn, two invalidations; each operation yields whether no leaf was ever made for a freed page. */
  public abstract static class Faults {

    private final NativeMachine m = new NativeMachine(1);
    final Optional<Race> race;
    private final Yardstick yardstick;

    /** Scenario zero with {@code race} in it. */
    Faults(Optional<String> race) {
      this.race = race.map(Races::byName);
      this.yardstick = this.race.map(each -> each.yardstick(m, 2)).orElseGet(() -> new Yardstick(m, 2));
    }

    /** A vCPU faults until it has a leaf. */
    @Operation
    public boolean fault() {
      yardstick.vcpuFault();
      return m.warnings().isEmpty();
    }

    /** The host replaces the page. */
    @Operation(runOnce = true)
    public boolean invalidate0() {
      yardstick.invalidate(0);
      return m.warnings().isEmpty();
    }

    /** The host replaces it again. */
    @Operation(runOnce = true)
    public boolean invalidate1() {
      yardstick.invalidate(1);
      return m.warnings().isEmpty();
    }
  }

  /** The text as it is. */
  public static class Correct extends Faults {

    /** Scenario zero. */
    public Correct() {
      super(Optional.empty());
    }
  }

  /** Both halves of the check are missing. */
  public static class NoRetryCheck extends Faults {

    /** Scenario zero with the race. */
    public NoRetryCheck() {
      super(Optional.of("no-retry-check"));
    }
  }

  /** The sequence is not compared. */
  public static class NoSeqCheck extends Faults {

    /** Scenario zero with the race. */
    public NoSeqCheck() {
      super(Optional.of("no-seq-check"));
    }
  }

  /** The number of invalidations in progress is not asked for. */
  public static class NoInProgressCheck extends Faults {

    /** Scenario zero with the race. */
    public NoInProgressCheck() {
      super(Optional.of("no-in-progress-check"));
    }
  }

  /** Specification: whatever the order, no leaf is made for a freed page. */
  public static class NothingFreedIsMapped {

    /** Yields true. */
    public boolean fault() {
      return true;
    }

    /** Yields true. */
    public boolean invalidate0() {
      return true;
    }

    /** Yields true. */
    public boolean invalidate1() {
      return true;
    }
  }
}
