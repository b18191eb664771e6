package io.stalemate.oracle;

import static io.stalemate.machine.Tracepoint.ACCESS_FAULT;
import static io.stalemate.machine.Tracepoint.CREATE_VM;
import static io.stalemate.machine.Tracepoint.FAULT_DONE;
import static io.stalemate.machine.Tracepoint.GUEST_ABORT;
import static io.stalemate.machine.Tracepoint.INJECT_ABORT;
import static io.stalemate.machine.Tracepoint.IO_BUS;
import static io.stalemate.machine.Tracepoint.MMIO_EXIT;
import static io.stalemate.machine.Tracepoint.MMIO_IN_KERNEL;
import static io.stalemate.machine.Tracepoint.SLOT_FLAGS;
import static io.stalemate.machine.Tracepoint.SLOT_GONE;
import static io.stalemate.machine.Tracepoint.SLOT_INSTALL;
import static io.stalemate.machine.Tracepoint.SLOT_INVALID;
import static io.stalemate.machine.Tracepoint.VCPU_EXIT;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class GuestAbortTableTest {

  private static final long LOAD = 0x93000007L;
  private static final long STORE = LOAD | 1 << 6;
  private static final long WALK = 0x92000087L;
  private static final long FETCH = 0x82000007L;
  private static final long ACCESS_FLAG = 0x93000008L;
  private static final int V6_12 = 3;

  private final Story story = new Story(new Conformance(2));
  private final int vcpu = story.task("vcpu0");
  private final int ioctl = story.task("slots0");

  GuestAbortTableTest() {
    story.point(CREATE_VM, V6_12, 16, 48, 0);
  }

  private GuestAbortTableTest slot(long flags) {
    story.by(ioctl).point(SLOT_FLAGS, 0, flags).point(SLOT_INSTALL, 0, 2, 1, 16).by(vcpu);
    return this;
  }

  private Story abort(long ipa, long esr, long far) {
    return story.by(vcpu).point(GUEST_ABORT, 0, ipa, esr, far);
  }

  @Test
  void acceptsWhatTheTableSays() {
    slot(0).abort(0x2000, LOAD, 0x2008).point(FAULT_DONE, 2, 0);
    abort(0x2000, ACCESS_FLAG, 0x2008).point(ACCESS_FAULT, 0, 0x2000);
    abort(0x3000, STORE, 0x3008).point(VCPU_EXIT, 0, 1, 0x3008, 0);
    abort(0x3000, FETCH, 0x7004).point(INJECT_ABORT, 0, 0x7004, 1, 0);
    assertThat(story.quiet()).isEmpty();
  }

  @Test
  void aReadOnlySlotIsForReading() {
    slot(2).abort(0x2000, LOAD, 0x2008).point(FAULT_DONE, 2, 0);
    abort(0x2000, STORE, 0x2008).point(FAULT_DONE, 2, 0);
    assertThat(story.ends(Ending.QUIESCENT)).containsExactly(new Finding("conformance", Severity.RULE,
        "abort at IPA 0x2000 (FAR 0x2008) ends in user_mem_abort(), expected exit-mmio@ipa",
        "kvm_handle_guest_abort() decides as the table guest-abort.tsv says: exit-mmio@ipa",
        List.of(new Evidence(6, "what became of the abort"), new Evidence(5, "stage-2 abort at IPA 0x2000"),
            new Evidence(2, "last change of memslots")),
        List.of("era=v6.12 fault=translation range=vm slot=ro access=write s1ptw=no cm=no isv=yes nisv=off "
            + "protected=no device=no sea=no: exit-mmio@ipa")));
  }

  @Test
  void addressesCount() {
    abort(0x3000, STORE, 0x3008).point(VCPU_EXIT, 0, 1, 0x3000, 0);
    assertThat(story.quiet()).containsExactly(
        "abort at IPA 0x3000 (FAR 0x3008) ends in KVM_EXIT_MMIO at 0x3000, expected exit-mmio@ipa");
  }

  @Test
  void aDeviceAnswersWhatIsWhollyItsOwn() {
    story.point(IO_BUS, 0x3000, 0x1000, 1);
    abort(0x3000, STORE, 0x3ff8).point(MMIO_IN_KERNEL, 0, 0x3ff8, 1);
    abort(0x3000, STORE, 0x3ffc).point(MMIO_EXIT, 0, 0x3ffc, 1).point(VCPU_EXIT, 0, 1, 0x3ffc, 0);
    assertThat(story.quiet()).isEmpty();
  }

  @Test
  void aDeviceDoesNotAnswerAnAccessThatCrossesItsEnd() {
    story.point(IO_BUS, 0x3000, 0x1000, 1);
    abort(0x3000, STORE, 0x3ffc).point(MMIO_IN_KERNEL, 0, 0x3ffc, 1);
    assertThat(story.quiet()).containsExactly("abort at IPA 0x3000 (FAR 0x3ffc) ends in an answer of a device in the "
        + "kernel at 0x3ffc, expected exit-mmio@ipa");
  }

  @Test
  void aDeviceThatTakesAStoreForALoadIsWrong() {
    story.point(IO_BUS, 0x3000, 0x1000, 1);
    abort(0x3000, LOAD, 0x3008).point(MMIO_IN_KERNEL, 0, 0x3008, 0);
    abort(0x3000, STORE, 0x3008).point(MMIO_IN_KERNEL, 0, 0x3008, 0);
    assertThat(story.quiet()).containsExactly("abort at IPA 0x3000 (FAR 0x3008) ends in an answer of a device in the "
        + "kernel at 0x3008, as a load, expected device@ipa");
  }

  @Test
  void anExitThatMakesAStoreOfALoadIsWrong() {
    abort(0x3000, STORE, 0x3008).point(MMIO_EXIT, 0, 0x3008, 1).point(VCPU_EXIT, 0, 1, 0x3008, 0);
    abort(0x3000, LOAD, 0x3008).point(MMIO_EXIT, 0, 0x3008, 1).point(VCPU_EXIT, 0, 1, 0x3008, 0);
    assertThat(story.quiet()).containsExactly("abort at IPA 0x3000 (FAR 0x3008) ends in KVM_EXIT_MMIO at 0x3008, as a "
        + "store, expected exit-mmio@ipa");
  }

  @Test
  void aWalkThatNobodyCanHelpIsReportedAtTheAddressOfTheAccess() {
    abort(0x3000, WALK, 0x9010).point(INJECT_ABORT, 0, 0x3000, 0, 0);
    assertThat(story.quiet()).containsExactly(
        "abort at IPA 0x3000 (FAR 0x9010) ends in a data abort for the guest at 0x3000, expected dabt@far");
  }

  @Test
  void aSlotThatGoesMeanwhileMayBeSeenOrNot() {
    slot(0).abort(0x2000, LOAD, 0x2000);
    story.by(ioctl).point(SLOT_INVALID, 0, 2, 1, 16).by(vcpu).point(FAULT_DONE, 2, 0);
    abort(0x2000, LOAD, 0x2000);
    story.by(ioctl).point(SLOT_GONE, 0, 2, 1, 16).by(vcpu).point(VCPU_EXIT, 0, 1, 0x2000, 0);
    assertThat(story.quiet()).isEmpty();
  }

  @Test
  void aSlotThatWasInvalidAllAlongIsNotUsed() {
    slot(0);
    story.by(ioctl).point(SLOT_INVALID, 0, 2, 1, 16);
    abort(0x2000, LOAD, 0x2000).point(FAULT_DONE, 2, 0);
    assertThat(story.quiet()).containsExactly(
        "abort at IPA 0x2000 (FAR 0x2000) ends in user_mem_abort(), expected exit-mmio@ipa");
  }

  @Test
  void whatTheFaultFailsWithIsWhatTheVmmGets() {
    slot(0).abort(0x2000, LOAD, 0x2000).point(FAULT_DONE, 2, -12).point(VCPU_EXIT, 0, 5, 0, 12);
    abort(0x2000, FETCH, 0x2004).point(FAULT_DONE, 2, -8).point(INJECT_ABORT, 0, 0x2004, 1, 0);
    assertThat(story.quiet()).isEmpty();
    abort(0x2000, LOAD, 0x2000).point(FAULT_DONE, 2, -12).point(VCPU_EXIT, 0, 5, 0, 14);
    assertThat(story.quiet()).containsExactly(
        "abort at IPA 0x2000 (FAR 0x2000) of which user_mem_abort() made errno 12 ends in errno 14, expected map");
  }

  @Test
  void anAbortWithoutOutcomeIsReportedAtTheNext() {
    abort(0x3000, STORE, 0x3008);
    abort(0x3000, STORE, 0x3008);
    assertThat(story.quiet()).containsExactly("abort at IPA 0x3000 (FAR 0x3008) is followed by another one before "
        + "anything became of it, expected exit-mmio@ipa");
  }
}
