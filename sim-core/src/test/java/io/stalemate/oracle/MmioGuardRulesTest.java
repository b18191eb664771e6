package io.stalemate.oracle;

import static io.stalemate.machine.Tracepoint.GUEST_ABORT;
import static io.stalemate.machine.Tracepoint.HYPERCALL;
import static io.stalemate.machine.Tracepoint.MMIO_EXIT;
import static io.stalemate.machine.Tracepoint.MMIO_GUARD;
import static io.stalemate.machine.Tracepoint.MMIO_GUARD_ENROLL;
import static io.stalemate.machine.Tracepoint.MMIO_GUARD_FAILED;
import static io.stalemate.machine.Tracepoint.MMIO_GUARD_NOTE;
import static io.stalemate.machine.Tracepoint.MMIO_GUARD_RESET;
import static io.stalemate.machine.Tracepoint.S2_SET_PTE;
import static io.stalemate.machine.Tracepoint.SLOT_INSTALL;
import static io.stalemate.machine.Tracepoint.SMCCC_RESULT;
import static io.stalemate.machine.Tracepoint.VCPU_EXIT;
import static io.stalemate.machine.Tracepoint.VGIC_V2;
import static org.assertj.core.api.Assertions.assertThat;

import io.stalemate.cpu.StageTwoPte;
import java.util.List;
import org.junit.jupiter.api.Test;

class MmioGuardRulesTest {

  private static final long MAP = 0xc600_0004L;
  private static final long UNMAP = 0xc600_0005L;
  private static final long NOTE = StageTwoPte.noted(7);
  private static final long MEMORY = 0x5003;
  private static final int EXIT_ARM_NISV = 2;

  private final Story story = new Story(new Conformance(List.of(new MmioGuardRules(2))));
  private final int vcpu0 = story.task("vcpu0");
  private final int vcpu1 = story.task("vcpu1");

  MmioGuardRulesTest() {
    story.by(vcpu0);
  }

  private MmioGuardRulesTest enrolled(long lasting) {
    story.point(MMIO_GUARD_ENROLL, 0, lasting);
    return this;
  }

  /** vCPU 0 maps gfn 4, which has {@code old} in its entry. */
  private MmioGuardRulesTest maps(long old) {
    story.point(HYPERCALL, 0, MAP, 0x4000).point(S2_SET_PTE, 4, 3, old, NOTE).point(MMIO_GUARD, 0, 0x4000, 1, 0)
        .point(SMCCC_RESULT, 0, MAP, 0);
    return this;
  }

  private MmioGuardRulesTest unmaps() {
    story.point(HYPERCALL, 0, UNMAP, 0x4000).point(S2_SET_PTE, 4, 3, NOTE, 0).point(MMIO_GUARD, 0, 0x4000, 0, 0)
        .point(SMCCC_RESULT, 0, UNMAP, 0);
    return this;
  }

  private MmioGuardRulesTest lastingCall(long function, long present) {
    story.point(HYPERCALL, 0, function, 0x4000).point(MMIO_GUARD_NOTE, 4, present)
        .point(MMIO_GUARD, 0, 0x4000, present, 0).point(SMCCC_RESULT, 0, function, 0);
    return this;
  }

  private Story aborts() {
    return story.by(vcpu1).point(GUEST_ABORT, 1, 0x4000, 0, 0x4000);
  }

  @Test
  void anAccessLeavesIfTheNoteWasThereAtAnyTimeOfItsAbort() {
    enrolled(0).maps(0);
    aborts();
    story.by(vcpu0);
    unmaps();
    story.by(vcpu1).point(MMIO_EXIT, 1, 0x4000, 0);
    assertThat(story.quiet()).isEmpty();
  }

  @Test
  void anAccessDoesNotLeaveFromAPageThatWasNotedBefore() {
    enrolled(0).maps(0).unmaps();
    aborts().point(MMIO_EXIT, 1, 0x4000, 0);
    assertThat(story.quiet())
        .containsExactly("an access leaves from gfn 0x4, which is not noted as a device");
  }

  @Test
  void theLastByteOfAnAccessCountsToo() {
    enrolled(0).maps(0);
    aborts().point(MMIO_EXIT, 1, 0x4ffc, 0);
    assertThat(story.quiet())
        .containsExactly("an access leaves from gfn 0x5, which is not noted as a device");
  }

  @Test
  void anAbortOnANotedPageIsWrong() {
    enrolled(0).maps(0);
    aborts().point(MMIO_GUARD_FAILED, 1, 0x4000);
    assertThat(story.quiet())
        .containsExactly("the guest gets an abort for gfn 0x4, which is noted as a device");
  }

  @Test
  void anAbortIsRightWhenTheTableWithTheNoteWasUnlinked() {
    enrolled(0).maps(0);
    story.point(S2_SET_PTE, 4, 2, MEMORY, 0);
    aborts().point(MMIO_GUARD_FAILED, 1, 0x4000);
    assertThat(story.quiet()).isEmpty();
  }

  @Test
  void mapTakesNoMemoryAway() {
    enrolled(0).maps(MEMORY);
    assertThat(story.quiet()).containsExactly("MAP of gfn 0x4 takes a live mapping away");
  }

  @Test
  void mapNotesNothingThatAMemslotHas() {
    story.point(SLOT_INSTALL, 0, 4, 1, 16);
    enrolled(0).maps(0);
    assertThat(story.quiet()).containsExactly("MAP notes gfn 0x4, which a memslot has");
  }

  @Test
  void mapDoesNotNoteTheCpuInterface() {
    story.point(VGIC_V2, 0x4000);
    enrolled(0).maps(0);
    assertThat(story.quiet()).containsExactly("MAP notes gfn 0x4, which is the GICv2 CPU interface");
  }

  @Test
  void unmapTakesNoMemoryAway() {
    enrolled(0);
    story.point(HYPERCALL, 0, UNMAP, 0x4000).point(S2_SET_PTE, 4, 3, MEMORY, 0);
    assertThat(story.quiet()).containsExactly("UNMAP of gfn 0x4 takes a live mapping away");
  }

  @Test
  void unmapDropsNoOtherNote() {
    enrolled(0).maps(0);
    story.point(S2_SET_PTE, 5, 3, 0, NOTE).point(HYPERCALL, 0, UNMAP, 0x4000).point(S2_SET_PTE, 5, 3, NOTE, 0);
    assertThat(story.ends(Ending.QUIESCENT)).containsExactly(new Finding("conformance", Severity.RULE,
        "UNMAP of gfn 0x4 drops the note of gfn 0x5", "MMIO guard, UNMAP: drops the note of its page and nothing else",
        List.of(new Evidence(7, "the note goes"), new Evidence(6, "UNMAP of 0x4000")), List.of()));
  }

  @Test
  void unmapDropsNoOtherNoteOutsideTheTableEither() {
    enrolled(1).lastingCall(MAP, 1);
    story.point(HYPERCALL, 0, UNMAP, 0x4000).point(MMIO_GUARD_NOTE, 5, 0);
    assertThat(story.quiet()).containsExactly("UNMAP of gfn 0x4 drops the note of gfn 0x5");
  }

  /** What the evidence of the one finding says. */
  private List<Evidence> evidence() {
    return story.ends(Ending.QUIESCENT).getFirst().evidence();
  }

  @Test
  void theEvidenceSaysThatTheNoteCame() {
    enrolled(0).maps(0);
    aborts().point(MMIO_GUARD_FAILED, 1, 0x4000);
    assertThat(evidence())
        .containsExactly(new Evidence(6, "the check of gfn 0x4 fails"), new Evidence(2, "its note comes"));
  }

  @Test
  void theEvidenceSaysThatTheNoteWent() {
    enrolled(0).maps(0).unmaps();
    aborts().point(MMIO_EXIT, 1, 0x4000, 0);
    assertThat(evidence()).containsExactly(new Evidence(10, "the access leaves"), new Evidence(9, "its abort"),
        new Evidence(6, "its note goes"));
  }

  @Test
  void withoutANoteTheEvidenceIsTheEnrolment() {
    enrolled(0);
    aborts().point(MMIO_EXIT, 1, 0x4000, 0);
    assertThat(evidence()).containsExactly(new Evidence(2, "the access leaves"), new Evidence(1, "its abort"),
        new Evidence(0, "the enrolment"));
  }

  @Test
  void theEvidenceSaysWhatEndedThePromise() {
    enrolled(1).lastingCall(MAP, 1).lastingCall(UNMAP, 0);
    aborts().point(MMIO_EXIT, 1, 0x4000, 0);
    assertThat(evidence()).containsExactly(new Evidence(10, "the access leaves"), new Evidence(9, "its abort"),
        new Evidence(7, "UNMAP returned"));
  }

  @Test
  void nothingLeavesThatWasNeverPromised() {
    enrolled(1);
    aborts().point(MMIO_EXIT, 1, 0x4000, 0);
    assertThat(story.ends(Ending.QUIESCENT)).containsExactly(new Finding("conformance", Severity.RULE,
        "an access leaves from gfn 0x4 though MAP was not called",
        "MMIO guard, promise: a page is a device from MAP until UNMAP returned, and at no other time",
        List.of(new Evidence(2, "the access leaves"), new Evidence(1, "its abort"), new Evidence(0, "the enrolment")),
        List.of()));
  }

  @Test
  void callsOfAGuestThatHasNotEnrolledFail() {
    maps(0);
    assertThat(story.quiet()).containsExactly("MAP succeeds for a guest that has not enrolled");
  }

  @Test
  void anAccessOfUnknownLengthDoesNotLeave() {
    enrolled(0);
    aborts().point(VCPU_EXIT, 1, EXIT_ARM_NISV, 0x4000, 0);
    assertThat(story.quiet()).containsExactly("an access without syndrome leaves to the VMM");
  }

  @Test
  void thePromiseEndsWhenUnmapReturnedAndNotBefore() {
    enrolled(1).lastingCall(MAP, 1);
    aborts();
    story.by(vcpu0).point(HYPERCALL, 0, UNMAP, 0x4000).point(MMIO_GUARD_NOTE, 4, 0);
    story.by(vcpu1).point(MMIO_EXIT, 1, 0x4000, 0);
    assertThat(story.quiet()).isEmpty();
  }

  @Test
  void nothingLeavesAfterUnmapReturned() {
    enrolled(1).lastingCall(MAP, 1);
    aborts();
    story.by(vcpu0);
    lastingCall(UNMAP, 0);
    story.by(vcpu1).point(MMIO_EXIT, 1, 0x4000, 0);
    assertThat(story.quiet()).containsExactly("an access leaves from gfn 0x4 after UNMAP returned");
  }

  @Test
  void thePromiseOutlivesTheNote() {
    enrolled(1).maps(0);
    story.point(S2_SET_PTE, 4, 3, NOTE, 0);
    aborts().point(MMIO_GUARD_FAILED, 1, 0x4000);
    assertThat(story.quiet())
        .containsExactly("the guest gets an abort for gfn 0x4, which it has mapped as a device");
  }

  @Test
  void aResetEndsEveryPromise() {
    enrolled(1).lastingCall(MAP, 1);
    story.point(MMIO_GUARD_RESET);
    enrolled(1);
    aborts().point(MMIO_EXIT, 1, 0x4000, 0);
    assertThat(story.quiet()).containsExactly("an access leaves from gfn 0x4 after the guest's reset");
  }

  @Test
  void callsAtTheSameTimePromiseNothing() {
    enrolled(1).lastingCall(MAP, 1);
    story.by(vcpu1).point(HYPERCALL, 1, MAP, 0x4000).point(MMIO_GUARD_NOTE, 4, 1);
    story.by(vcpu0);
    lastingCall(UNMAP, 0);
    story.by(vcpu1).point(MMIO_GUARD, 1, 0x4000, 1, 0).point(SMCCC_RESULT, 1, MAP, 0);
    aborts().point(MMIO_EXIT, 1, 0x4000, 0);
    aborts().point(MMIO_GUARD_FAILED, 1, 0x4000);
    assertThat(story.quiet()).isEmpty();
  }
}
