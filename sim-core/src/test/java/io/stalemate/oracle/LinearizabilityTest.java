package io.stalemate.oracle;

import static io.stalemate.machine.Tracepoint.FAULT_DONE;
import static io.stalemate.machine.Tracepoint.GMEM_FOLIO;
import static io.stalemate.machine.Tracepoint.GUEST_ABORT;
import static io.stalemate.machine.Tracepoint.HOST_PTE;
import static io.stalemate.machine.Tracepoint.MMIO_EXIT;
import static io.stalemate.machine.Tracepoint.NOTIFIER_END;
import static io.stalemate.machine.Tracepoint.NOTIFIER_START;
import static io.stalemate.machine.Tracepoint.NOTIFIER_STARTED;
import static io.stalemate.machine.Tracepoint.RETURN;
import static io.stalemate.machine.Tracepoint.SET_REGION;
import static io.stalemate.machine.Tracepoint.SET_REGION_DONE;
import static io.stalemate.machine.Tracepoint.SLOT_FLAGS;
import static io.stalemate.machine.Tracepoint.SLOT_GONE;
import static io.stalemate.machine.Tracepoint.SLOT_INSTALL;
import static io.stalemate.machine.Tracepoint.SLOT_INVALID;
import static io.stalemate.machine.Tracepoint.SLOT_USE;
import static io.stalemate.trace.Op.GUEST_LOAD;
import static io.stalemate.trace.Op.GUEST_STORE;
import static org.assertj.core.api.Assertions.assertThat;

import io.stalemate.trace.Trace;
import java.util.List;
import org.junit.jupiter.api.Test;

class LinearizabilityTest {

  private static final long READONLY = 2;
  private static final long EEXIST = 17;

  private final Story story = new Story(new Linearizability());
  private final int vcpu0 = story.task("vcpu0");
  private final int vcpu1 = story.task("vcpu1");
  private final int vmm = story.task("vmm");
  private final int other = story.task("other");
  private final int host = story.task("host");

  /** Slot 0: gfns 0 to 3, backed by hva pages 0x10 to 0x13. */
  private Story boots() {
    return boots(0);
  }

  private Story boots(long flags) {
    story.by(Trace.BOOT).point(SET_REGION, 0, 0, 4, 0x10);
    if (flags != 0) {
      story.point(SLOT_FLAGS, 0, flags);
    }
    return story.point(SLOT_INSTALL, 0, 0, 4, 0x10).point(SET_REGION_DONE, 0, flags, 0)
        .point(HOST_PTE, 0x11, 0, 0x101, 1);
  }

  private Story deletes() {
    return story.by(vmm).point(SET_REGION, 0, 0, 0, 0).point(SLOT_INVALID, 0, 0, 4, 0x10);
  }

  private Story deleted() {
    return story.by(vmm).point(SLOT_GONE, 0, 0, 4, 0x10).point(SET_REGION_DONE, 0, 0, 0);
  }

  private Story aborts(int vcpu, long gfn) {
    return story.by(vcpu).point(GUEST_ABORT, vcpu, gfn << 12, 0, 0);
  }

  private Story exits(int vcpu, long gfn, boolean write) {
    return story.by(vcpu).point(MMIO_EXIT, vcpu, gfn << 12, write ? 1 : 0);
  }

  @Test
  void acceptsMemoryBehindASlot() {
    boots();
    story.by(vcpu0).guest(GUEST_STORE, 1, 0x101, 7).by(vcpu1).guest(GUEST_LOAD, 1, 0x101, 7);
    assertThat(story.quiet()).isEmpty();
  }

  @Test
  void rejectsMemoryOfASlotThatIsDeleted() {
    boots();
    deletes();
    deleted();
    story.by(vcpu0).guest(GUEST_LOAD, 1, 0x101, 7);
    assertThat(story.quiet()).containsExactly("gfn 0x1 is used as memory when no memslot has it");
  }

  @Test
  void acceptsAnAccessThatBeganBeforeTheSlotWasDeleted() {
    boots();
    story.by(vcpu0).begins(GUEST_LOAD, 1, 0);
    deletes();
    deleted();
    story.by(vcpu0).hits(GUEST_LOAD, 1, 0x101, 7);
    assertThat(story.quiet()).isEmpty();
  }

  @Test
  void aFaultBeginsTheAccessAnew() {
    boots();
    story.by(vcpu0).begins(GUEST_LOAD, 1, 0);
    deletes();
    deleted();
    story.by(vcpu0).point(FAULT_DONE, 1, 0).hits(GUEST_LOAD, 1, 0x101, 7);
    assertThat(story.quiet()).containsExactly("gfn 0x1 is used as memory when no memslot has it");
  }

  /** While the slot goes, one vCPU finds it and another does not, one after the other. */
  @Test
  void aSlotOnItsWayOutIsFoundOrMissed() {
    boots();
    deletes();
    aborts(vcpu0, 1);
    exits(vcpu0, 1, false);
    story.by(vcpu1).guest(GUEST_LOAD, 1, 0x101, 7);
    aborts(vcpu0, 2);
    exits(vcpu0, 2, true);
    deleted();
    assertThat(story.quiet()).isEmpty();
  }

  @Test
  void rejectsADeviceWhereASlotIs() {
    boots();
    aborts(vcpu0, 1);
    exits(vcpu0, 1, false);
    assertThat(story.quiet()).containsExactly("gfn 0x1 is taken for a device's when a memslot has it");
  }

  @Test
  void acceptsADeviceForAWriteToAReadOnlySlot() {
    boots(READONLY);
    aborts(vcpu0, 1);
    exits(vcpu0, 1, true);
    assertThat(story.quiet()).isEmpty();
  }

  @Test
  void rejectsAWriteThroughAReadOnlySlot() {
    boots(READONLY);
    story.by(vcpu0).guest(GUEST_STORE, 1, 0x101, 7);
    assertThat(story.quiet()).containsExactly("gfn 0x1 is written as memory when no memslot has it");
  }

  @Test
  void rejectsALookupThatFindsADeletedSlot() {
    boots();
    deletes();
    deleted();
    aborts(vcpu0, 1).point(SLOT_USE, 1, 1);
    assertThat(story.quiet()).containsExactly("gfn 0x1 is used as memory when no memslot has it");
  }

  /** The slot was looked up before; only the first use says when. */
  @Test
  void acceptsLaterUsesOfASlotThatWasFoundInTime() {
    boots();
    aborts(vcpu0, 1).point(SLOT_USE, 1, 1);
    deletes();
    deleted();
    story.by(vcpu0).point(SLOT_USE, 1, 1);
    assertThat(story.quiet()).isEmpty();
  }

  @Test
  void anIoctlThatDoesNotReturnMayHaveTakenEffect() {
    boots();
    story.by(vmm).point(SET_REGION, 1, 8, 4, 0x20).point(SLOT_FLAGS, 1, READONLY).point(SLOT_INSTALL, 1, 8, 4, 0x20);
    story.by(vcpu0).guest(GUEST_LOAD, 9, 0x109, 7);
    aborts(vcpu1, 9);
    exits(vcpu1, 9, true);
    assertThat(story.ends(Ending.BOUND)).isEmpty();
  }

  @Test
  void rejectsTwoSlotsThatOverlap() {
    boots();
    story.by(vmm).point(SET_REGION, 1, 8, 4, 0x20).by(other).point(SET_REGION, 2, 10, 4, 0x30)
        .by(vmm).point(SET_REGION_DONE, 1, 0, 0).by(other).point(SET_REGION_DONE, 2, 0, 0);
    assertThat(story.quiet()).containsExactly("the ioctl for memslot 2 cannot return 0");
  }

  @Test
  void acceptsThatOneOfTwoOverlappingSlotsIsRefused() {
    boots();
    story.by(vmm).point(SET_REGION, 1, 8, 4, 0x20).by(other).point(SET_REGION, 2, 10, 4, 0x30)
        .by(vmm).point(SET_REGION_DONE, 1, 0, -EEXIST).by(other).point(SET_REGION_DONE, 2, 0, 0);
    assertThat(story.quiet()).isEmpty();
  }

  private Story invalidates() {
    return story.by(host).point(NOTIFIER_START, 0x11, 0x12);
  }

  private Story invalidated() {
    return story.by(host).point(NOTIFIER_STARTED, 0x11, 0x12);
  }

  private Story ends() {
    return story.by(host).point(NOTIFIER_END, 0x11, 0x12);
  }

  @Test
  void acceptsAnAccessWhileTheNotifierIsCalled() {
    boots();
    invalidates();
    story.by(vcpu0).guest(GUEST_LOAD, 1, 0x101, 7);
    invalidated().point(HOST_PTE, 0x11, 0x101, 0, 0);
    ends();
    assertThat(story.quiet()).isEmpty();
  }

  @Test
  void rejectsAnAccessOnceTheNotifierReturned() {
    boots();
    invalidates();
    invalidated();
    story.by(vcpu0).guest(GUEST_LOAD, 1, 0x101, 7);
    ends();
    assertThat(story.quiet()).containsExactly("guest reads pfn 0x101 as hva page 0x11 when that is empty");
  }

  @Test
  void rejectsTheOldFrameOnceThereIsANewOne() {
    boots();
    invalidates();
    invalidated().point(HOST_PTE, 0x11, 0x101, 0x102, 1);
    ends();
    story.by(vcpu0).guest(GUEST_STORE, 1, 0x101, 7);
    assertThat(story.quiet()).containsExactly("guest writes to pfn 0x101 as hva page 0x11 when that is 0x102 rw");
  }

  @Test
  void acceptsTheOldFrameAgainIfTheHostKeptIt() {
    boots();
    invalidates();
    invalidated();
    ends();
    story.by(vcpu0).guest(GUEST_LOAD, 1, 0x101, 7);
    assertThat(story.quiet()).isEmpty();
  }

  @Test
  void aPairInsideAnotherDoesNotOpenThePage() {
    boots();
    invalidates();
    invalidated();
    story.by(other).point(NOTIFIER_START, 0x10, 0x14).point(NOTIFIER_STARTED, 0x10, 0x14)
        .point(NOTIFIER_END, 0x10, 0x14);
    story.by(vcpu0).guest(GUEST_LOAD, 1, 0x101, 7);
    ends();
    assertThat(story.quiet()).containsExactly("guest reads pfn 0x101 as hva page 0x11 when that is empty");
  }

  @Test
  void aCallThatFailedMayHaveUnmappedNothing() {
    boots();
    invalidates();
    ends();
    story.by(vcpu0).guest(GUEST_LOAD, 1, 0x101, 7);
    assertThat(story.quiet()).isEmpty();
  }

  @Test
  void rejectsAWriteToAPageThatTheHostMapsReadOnly() {
    boots();
    invalidates();
    invalidated().point(HOST_PTE, 0x11, 0x101, 0x101, 0);
    ends();
    story.by(vcpu0).guest(GUEST_LOAD, 1, 0x101, 7).guest(GUEST_STORE, 1, 0x101, 8);
    assertThat(story.quiet()).containsExactly("guest writes to pfn 0x101 as hva page 0x11 when that is 0x101 ro");
  }

  @Test
  void acceptsANewFrameInsideThePairThatBringsIt() {
    boots();
    invalidates();
    invalidated();
    story.by(vcpu0).guest(GUEST_LOAD, 1, 0x102, 7).by(host).point(HOST_PTE, 0x11, 0x101, 0x102, 1);
    story.by(Trace.BOOT).point(HOST_PTE, 0x18, 0, 0x102, 1);
    ends();
    assertThat(story.quiet()).isEmpty();
  }

  @Test
  void framesOfAGuestMemfdAreNotTheHostProcesss() {
    boots();
    story.by(vcpu0).point(GMEM_FOLIO, 0, 1, 0x101).guest(GUEST_STORE, 1, 0x101, 7);
    story.by(vcpu0).point(GMEM_FOLIO, 0, 1, 0x105).guest(GUEST_STORE, 1, 0x105, 7);
    assertThat(story.quiet()).isEmpty();
  }

  @Test
  void showsTheHistory() {
    boots();
    deletes();
    deleted();
    story.by(vcpu0).point(RETURN, 0, 0).hits(GUEST_LOAD, 1, 0x101, 7);
    List<Finding> findings = story.ends(Ending.QUIESCENT);
    assertThat(findings).hasSize(1);
    assertThat(findings.getFirst().evidence()).containsExactly(
        new Evidence(9, "gfn 0x1 has a slot"),
        new Evidence(7, "delete slot 0: 0"),
        new Evidence(7, "retire slot 0"),
        new Evidence(2, "set slot 0 at gfn 0x0 of 4 pages, flags 0x0: 0"));
    assertThat(findings.getFirst().notes()).containsExactly(
        "the history: task, operation, first and last step; #n is its place in the longest legal prefix",
        "boot   set slot 0 at gfn 0x0 of 4 pages, flags 0x0: 0  0..0  []      #1",
        "vmm    retire slot 0                                   0..0    []    #2",
        "vmm    delete slot 0: 0                                0..0    []    #3",
        "vcpu0  gfn 0x1 has a slot                              0..0      []  no legal place");
  }
}
