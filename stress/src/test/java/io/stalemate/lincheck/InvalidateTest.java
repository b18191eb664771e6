package io.stalemate.lincheck;

import static io.stalemate.lincheck.Call.call;

import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Stage-2 faults against invalidations, in the whole of KVM's text on arm64. */
@Tag("lincheck")
class InvalidateTest {

  @Test
  void aPageThatMovesIsStillOneRegister() {
    thrownAway(Correct.class)
        .pinned(List.of(call("guestStore", 0, 3)), List.of(call("swapOut"), call("guestLoad", 1)))
        .pinned(List.of(call("guestStore", 0, 3), call("guestLoad", 0)), List.of(call("migrate"), call("store", 7)))
        .executions(40)
        .assertCorrect();
  }

  @Test
  void aPageThatMovesIsStillOneRegisterUnderStress() {
    thrownAway(Correct.class).stressExecutions(10).assertCorrectUnderStress();
  }

  @ParameterizedTest
  @ValueSource(classes = {RetryCheckBeforeLock.class, NoRetryCheck.class, NoSeqCheck.class})
  void aFaultThatMapsWhatWasInvalidatedIsFound(Class<? extends InvalidatedVm> mutant) {
    thrownAway(mutant).assertFinds("userMemAbort", "invalidateRangeStart", "madviseDontneed");
  }

  private static ModelChecked thrownAway(Class<? extends InvalidatedVm> tested) {
    return ModelChecked.of(tested, InvalidatedVm.Register.class)
        .pinned(List.of(call("guestLoad", 0), call("guestLoad", 0)), List.of(call("punch"), call("store", 7)));
  }

  /** The text as it is. */
  public static class Correct extends InvalidatedVm {

    /** The VM. */
    public Correct() {
      super(Optional.empty());
    }
  }

  /** The check is made too early. */
  public static class RetryCheckBeforeLock extends InvalidatedVm {

    /** The VM with the race. */
    public RetryCheckBeforeLock() {
      super(Optional.of("retry-check-before-lock"));
    }
  }

  /** The check is missing. */
  public static class NoRetryCheck extends InvalidatedVm {

    /** The VM with the race. */
    public NoRetryCheck() {
      super(Optional.of("no-retry-check"));
    }
  }

  /** The sequence is not compared. */
  public static class NoSeqCheck extends InvalidatedVm {

    /** The VM with the race. */
    public NoSeqCheck() {
      super(Optional.of("no-seq-check"));
    }
  }
}
