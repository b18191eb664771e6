package io.stalemate.lincheck;

import static io.stalemate.lincheck.Call.call;

import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Once a page was made private or shared, that is what the guest has. */
@Tag("lincheck")
class AttributesTest {

  @Test
  void theGuestHasTheKindOfMemoryThatThePageIs() {
    converted(Correct.class).executions(100).assertCorrect();
  }

  @Test
  void theGuestHasTheKindOfMemoryThatThePageIsUnderStress() {
    converted(Correct.class).stressExecutions(10).assertCorrectUnderStress();
  }

  @Test
  void aKindComparedBeforeTheSequenceIsSampledIsFound() {
    converted(PrivateCheckBeforeSeq.class).assertFinds("sampleAndCompare", "isPrivate", "setMemoryAttributes");
  }

  @Test
  void aChangeThatSendsNoFaultBackIsFound() {
    converted(AttributesWithoutInvalidation.class).assertFinds("kvmFaultinPfn", "unmapGfnRange");
  }

  private static ModelChecked converted(Class<? extends AttributesVm> tested) {
    return ModelChecked.of(tested, AttributesVm.Kind.class).pinnedBetween(
        List.of(), List.of(call("guestLoad")), List.of(call("guestLoad")), List.of(call("makePrivate")));
  }

  /** The text as it is. */
  public static class Correct extends AttributesVm {

    /** The VM. */
    public Correct() {
      super(Optional.empty());
    }
  }

  /** The first posting of the clean-ups of v6.11. */
  public static class PrivateCheckBeforeSeq extends AttributesVm {

    /** The VM with the race. */
    public PrivateCheckBeforeSeq() {
      super(Optional.of("private-check-before-seq"));
    }
  }

  /** Translations go, but faults under way stay. */
  public static class AttributesWithoutInvalidation extends AttributesVm {

    /** The VM with the race. */
    public AttributesWithoutInvalidation() {
      super(Optional.of("attributes-without-invalidation"));
    }
  }
}
