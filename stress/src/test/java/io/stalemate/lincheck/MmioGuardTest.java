package io.stalemate.lincheck;

import static io.stalemate.lincheck.Call.call;

import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** A page is a device from MAP to UNMAP, and is taken back once. */
@Tag("lincheck")
class MmioGuardTest {

  @Test
  void aPageIsADeviceFromMapToUnmap() {
    unmappedTwice(Correct.class).drawn(2).executions(50).assertCorrect();
  }

  @Test
  void aPageIsADeviceFromMapToUnmapUnderStress() {
    ModelChecked.of(Correct.class, MmioGuardVm.Page.class).drawn(2).stressExecutions(10).assertCorrectUnderStress();
  }

  @Test
  void anUnmapThatLooksWithoutTheLockItChangesUnderIsFound() {
    unmappedTwice(CheckWithoutLock.class).assertFinds("removeIoguardPage", "hasNote", "unmapNote");
  }

  private static ModelChecked unmappedTwice(Class<? extends MmioGuardVm> tested) {
    return ModelChecked.of(tested, MmioGuardVm.Page.class)
        .pinnedBetween(List.of(call("map", 0)), List.of(), List.of(call("unmap", 0)), List.of(call("unmap", 1)));
  }

  @Test
  void aNoteOutlivesAMemslotOverIt() {
    slotOver(Lasting.class).executions(30).assertCorrect();
  }

  @Test
  void aNoteThatAMemslotTakesAlongIsFound() {
    slotOver(NoteLost.class).assertFinds("kvmHandleGuestAbort", "flushShadowMemslot");
  }

  private static ModelChecked slotOver(Class<? extends MmioGuardVm> tested) {
    return ModelChecked.of(tested, MmioGuardVm.Page.class).pinnedBetween(
        List.of(call("map", 0)),
        List.of(call("leaves", 0)),
        List.of(call("createSlot"), call("deleteSlot")), List.of(call("leaves", 1)));
  }

  /** The guard of the series. */
  public static class Correct extends MmioGuardVm {

    /** The VM. */
    public Correct() {
      super(false, Optional.empty());
    }
  }

  /** UNMAP lets go of {@code mmu_lock} between its look and its change. */
  public static class CheckWithoutLock extends MmioGuardVm {

    /** The VM with the race. */
    public CheckWithoutLock() {
      super(false, Optional.of("mmio-guard-check-without-lock"));
    }
  }

  /** The guard whose notes have a store of their own. */
  public static class Lasting extends MmioGuardVm {

    /** The VM. */
    public Lasting() {
      super(true, Optional.empty());
    }
  }

  /** The same promise with notes in stage-2 entries. */
  public static class NoteLost extends MmioGuardVm {

    /** The VM with the race. */
    public NoteLost() {
      super(true, Optional.of("mmio-guard-note-lost"));
    }
  }
}
