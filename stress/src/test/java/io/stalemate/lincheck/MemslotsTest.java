package io.stalemate.lincheck;

import static io.stalemate.lincheck.Call.call;

import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** A deleted memslot is gone: for those who look it up, and for the guest. */
@Tag("lincheck")
class MemslotsTest {

  @Test
  void lookupsSeeTheSlotOrNotAndAreOverWhenADeletionReturns() {
    reader(Correct.class).drawn(2).executions(60).assertCorrect();
  }

  @Test
  void lookupsSeeTheSlotOrNotUnderStress() {
    ModelChecked.of(Correct.class, MemslotVm.Slot.class).drawn(2).stressExecutions(10).assertCorrectUnderStress();
  }

  @Test
  void aDeletionThatDoesNotWaitForReadersIsFound() {
    reader(NoGracePeriod.class).assertFinds("swapActiveMemslots", "gfnToMemslot", "copyFromUser");
  }

  private static ModelChecked reader(Class<? extends MemslotVm> tested) {
    return ModelChecked.of(tested, MemslotVm.Slot.class)
        .pinned(List.of(call("readGuest")), List.of(call("delete"), call("store", 7)));
  }

  @Test
  void theGuestLosesThePageWithTheSlot() {
    guest(Correct.class).executions(40).assertCorrect();
  }

  @Test
  void aFaultThatFindsTheSlotWhileItIsZappedIsFound() {
    guest(InvalidSlotNotPublished.class).assertFinds("kvmHandleGuestAbort", "flushShadowMemslot");
  }

  private static ModelChecked guest(Class<? extends MemslotVm> tested) {
    return ModelChecked.of(tested, MemslotVm.Slot.class).pinnedBetween(
        List.of(), List.of(call("guestLoad")), List.of(call("guestLoad")), List.of(call("delete"), call("store", 7)));
  }

  /** The text as it is. */
  public static class Correct extends MemslotVm {

    /** The VM. */
    public Correct() {
      super(Optional.empty());
    }
  }

  /** A deletion does not wait. */
  public static class NoGracePeriod extends MemslotVm {

    /** The VM with the race. */
    public NoGracePeriod() {
      super(Optional.of("no-grace-period"));
    }
  }

  /** A deletion zaps a slot that can still be looked up. */
  public static class InvalidSlotNotPublished extends MemslotVm {

    /** The VM with the race. */
    public InvalidSlotNotPublished() {
      super(Optional.of("invalid-slot-not-published"));
    }
  }
}
