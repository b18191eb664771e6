package io.stalemate.oracle;

import static io.stalemate.machine.Tracepoint.CREATE_VM;
import static io.stalemate.machine.Tracepoint.FAULT_RETRY;
import static io.stalemate.machine.Tracepoint.GMEM_BIND;
import static io.stalemate.machine.Tracepoint.MEMORY_FAULT_EXIT;
import static io.stalemate.machine.Tracepoint.MEM_ATTR;
import static io.stalemate.machine.Tracepoint.MMIO_CACHED;
import static io.stalemate.machine.Tracepoint.MMIO_GEN_WRAP;
import static io.stalemate.machine.Tracepoint.MMIO_SPTE_CHECK;
import static io.stalemate.machine.Tracepoint.SLOTS_SWAP;
import static io.stalemate.machine.Tracepoint.SLOT_FLAGS;
import static io.stalemate.machine.Tracepoint.SLOT_FREE;
import static io.stalemate.machine.Tracepoint.SLOT_GONE;
import static io.stalemate.machine.Tracepoint.SLOT_INSTALL;
import static io.stalemate.machine.Tracepoint.SLOT_INVALID;
import static io.stalemate.machine.Tracepoint.VCPU_EXIT;
import static io.stalemate.machine.Tracepoint.WRITE_TRACK;
import static io.stalemate.machine.Tracepoint.X86_FAULT;
import static io.stalemate.machine.Tracepoint.X86_FAULT_RET;
import static io.stalemate.machine.Tracepoint.ZAP_ALL_FAST;
import static org.assertj.core.api.Assertions.assertThat;

import io.stalemate.machine.Tracepoint;
import java.util.List;
import org.junit.jupiter.api.Test;

class X86PageFaultTableTest {

  private static final long PRESENT = 1;
  private static final long STORE = 1 << 1;
  private static final long LOAD = 1 << 2;
  private static final long RSVD = 1 << 3;
  private static final long PRIVATE = 1L << 49;

  private static final Tracepoint EMULATION = Tracepoint.EMULATE;

  private static final int RETRY = 1;
  private static final int EMULATE = 2;
  private static final int WRITE_PROTECTED = 3;
  private static final int FIXED = 5;
  private static final int EFAULT = 14;
  private static final int MMIO = 1;
  private static final int ERROR = 5;
  private static final int MEMORY_FAULT = 7;

  private static final int V6_8 = 2;
  private static final int V6_12 = 3;
  private static final int MMIO_CACHING = 4;
  private static final long IN_FLUX = 1L << 63;

  private final Story story = new Story(new Conformance(2));
  private final int vcpu = story.task("vcpu0");
  private final int ioctl = story.task("slots0");

  private X86PageFaultTableTest vm(int era) {
    story.point(CREATE_VM, era, 16, 16, MMIO_CACHING);
    return this;
  }

  /** A slot for gfns 2 and 3. */
  private X86PageFaultTableTest slot(long flags) {
    story.by(ioctl).point(SLOT_FLAGS, 0, flags).point(SLOT_INSTALL, 0, 2, 2, 16).point(SLOTS_SWAP, 1).by(vcpu);
    return this;
  }

  private Story fault(long gpa, long code) {
    return story.by(vcpu).point(X86_FAULT, 0, gpa, code);
  }

  private Story ends(long gpa, long code, int ret) {
    return story.by(vcpu).point(X86_FAULT_RET, 0, gpa, code, ret);
  }

  private Story faults(long gpa, long code, int ret) {
    fault(gpa, code);
    return ends(gpa, code, ret);
  }

  private Story other(Tracepoint point, long... arguments) {
    return story.by(ioctl).point(point, arguments).by(vcpu);
  }

  @Test
  void acceptsWhatTheTableSays() {
    vm(V6_12).slot(0).faults(0x2000, STORE, FIXED);
    faults(0x3008, LOAD, RETRY);
    faults(0x5000, STORE, EMULATE).point(EMULATION, 0, 0x5000, 1, 0).point(VCPU_EXIT, 0, MMIO, 0x5000, 0);
    faults(0x5000, STORE | RSVD, EMULATE).point(EMULATION, 0, 0x5000, 1, 2);
    faults(0x2000, LOAD | PRIVATE, -EFAULT).point(VCPU_EXIT, 0, MEMORY_FAULT, 0x2000, EFAULT);
    assertThat(story.quiet()).isEmpty();
  }

  @Test
  void aReadOnlySlotIsForReading() {
    vm(V6_12).slot(2).faults(0x2000, STORE, FIXED);
    assertThat(story.ends(Ending.QUIESCENT)).containsExactly(new Finding("conformance", Severity.RULE,
        "page fault at 0x2000 (error code 0x2) ends in RET_PF_FIXED, expected emulate|retry",
        "kvm_mmu_page_fault() decides as the table x86-page-fault.tsv says: emulate|retry",
        List.of(new Evidence(5, "what became of the fault"), new Evidence(4, "page fault at 0x2000"),
            new Evidence(3, "last change of memslots, attributes or tracking")),
        List.of("era=v6.12 rsvd=no mmio=unchecked wants=shared attribute=shared slot=ro tracked=no present=no "
            + "access=write caching=on: emulate|retry")));
  }

  @Test
  void afterTheCleanUpsTheMemoryFaultExitWinsOverASlotOnItsWayOut() {
    vm(V6_12).slot(0).other(SLOT_INVALID, 0, 2, 2, 16).by(ioctl).point(SLOTS_SWAP, 2);
    faults(0x2000, LOAD | PRIVATE, RETRY);
    assertThat(story.quiet()).containsExactly("page fault at 0x2000 (error code 0x2000000000004) ends in RET_PF_RETRY, "
        + "expected memory-fault");
  }

  @Test
  void beforeThemTheSlotWins() {
    vm(V6_8).slot(0).other(SLOT_INVALID, 0, 2, 2, 16).by(ioctl).point(SLOTS_SWAP, 2);
    fault(0x2000, LOAD);
    other(MEM_ATTR, 2, 8);
    ends(0x2000, LOAD, -EFAULT).point(VCPU_EXIT, 0, MEMORY_FAULT, 0x2000, EFAULT);
    assertThat(story.quiet()).containsExactly("page fault at 0x2000 (error code 0x4) ends in errno 14 with "
        + "KVM_EXIT_MEMORY_FAULT, expected retry|fast");
  }

  @Test
  void anAttributeThatChangesMeanwhileMayBeSeenOrNot() {
    vm(V6_8).slot(0);
    fault(0x2000, LOAD);
    other(MEM_ATTR, 2, 8);
    ends(0x2000, LOAD, -EFAULT).point(VCPU_EXIT, 0, MEMORY_FAULT, 0x2000, EFAULT);
    fault(0x3000, LOAD);
    other(MEM_ATTR, 3, 8);
    ends(0x3000, LOAD, FIXED);
    assertThat(story.quiet()).isEmpty();
  }

  @Test
  void theExitHasToFitTheErrno() {
    vm(V6_12).slot(0).faults(0x2000, LOAD | PRIVATE, -EFAULT).point(VCPU_EXIT, 0, ERROR, 0, EFAULT);
    assertThat(story.quiet()).containsExactly("page fault at 0x2000 (error code 0x2000000000004) ends in errno 14, "
        + "expected memory-fault");
  }

  @Test
  void theExitNamesTheGuestsPage() {
    vm(V6_12).slot(0).faults(0x2000, LOAD | PRIVATE, -EFAULT).point(VCPU_EXIT, 0, MEMORY_FAULT, 0x3000, EFAULT);
    assertThat(story.quiet()).containsExactly("page fault at 0x2000 (error code 0x2000000000004) ends in errno 14 with "
        + "KVM_EXIT_MEMORY_FAULT for another page, expected memory-fault");
  }

  @Test
  void theExitAsksForTheKindThatTheGuestWants() {
    vm(V6_12).slot(0).fault(0x2000, LOAD | PRIVATE).point(MEMORY_FAULT_EXIT, 0, 0x2000, 1);
    ends(0x2000, LOAD | PRIVATE, -EFAULT).point(VCPU_EXIT, 0, MEMORY_FAULT, 0x2000, EFAULT);
    assertThat(story.quiet()).isEmpty();
    fault(0x2000, LOAD | PRIVATE).point(MEMORY_FAULT_EXIT, 0, 0x2000, 0);
    ends(0x2000, LOAD | PRIVATE, -EFAULT).point(VCPU_EXIT, 0, MEMORY_FAULT, 0x2000, EFAULT);
    assertThat(story.quiet()).containsExactly("page fault at 0x2000 (error code 0x2000000000004) asks the VMM for a "
        + "shared page, and the guest wants the other kind");
  }

  @Test
  void beforeTheCleanUpsTheExitAsksForAKindThatTheGfnWas() {
    vm(V6_8).slot(0).other(MEM_ATTR, 2, 8);
    fault(0x2000, LOAD).point(MEMORY_FAULT_EXIT, 0, 0x2000, 1);
    ends(0x2000, LOAD, -EFAULT).point(VCPU_EXIT, 0, MEMORY_FAULT, 0x2000, EFAULT);
    assertThat(story.quiet()).isEmpty();
    fault(0x2000, LOAD).point(MEMORY_FAULT_EXIT, 0, 0x2000, 0);
    ends(0x2000, LOAD, -EFAULT).point(VCPU_EXIT, 0, MEMORY_FAULT, 0x2000, EFAULT);
    assertThat(story.quiet()).containsExactly("page fault at 0x2000 (error code 0x4) asks the VMM for a shared page, "
        + "and the guest wants the other kind");
  }

  @Test
  void privateMemoryIsAGuestMemfds() {
    vm(V6_12).slot(0).other(MEM_ATTR, 2, 8);
    faults(0x2000, LOAD | PRIVATE, FIXED);
    assertThat(story.ends(Ending.QUIESCENT)).as("fixed by the fast path, for all the table knows").isEmpty();
    faults(0x2000, LOAD | PRIVATE, EMULATE);
    assertThat(story.quiet()).containsExactly("page fault at 0x2000 (error code 0x2000000000004) ends in "
        + "RET_PF_EMULATE, expected memory-fault|retry|fast");
  }

  @Test
  void aGuestMemfdThatIsBeingClosedRefusesFaults() {
    vm(V6_12).slot(0).other(MEM_ATTR, 2, 8).by(ioctl).point(GMEM_BIND, 0, 2, 2, 0);
    faults(0x2000, LOAD | PRIVATE, -EFAULT).point(VCPU_EXIT, 0, MEMORY_FAULT, 0x2000, EFAULT);
    other(GMEM_BIND, 0, 2, 0, 0);
    assertThat(story.quiet()).isEmpty();
  }

  @Test
  void aGuestMemfdThatStaysOpenDoesNot() {
    vm(V6_12).slot(0).other(MEM_ATTR, 2, 8).by(ioctl).point(GMEM_BIND, 0, 2, 2, 0);
    faults(0x2000, LOAD | PRIVATE, -EFAULT).point(VCPU_EXIT, 0, MEMORY_FAULT, 0x2000, EFAULT);
    assertThat(story.quiet()).containsExactly("page fault at 0x2000 (error code 0x2000000000004) ends in errno 14 with "
        + "KVM_EXIT_MEMORY_FAULT, expected map-private");
  }

  @Test
  void aPrivateFaultOnReservedBitsIsRefused() {
    vm(V6_12).faults(0x5000, LOAD | RSVD | PRIVATE, EMULATE);
    assertThat(story.quiet()).containsExactly("page fault at 0x5000 (error code 0x200000000000c) ends in "
        + "RET_PF_EMULATE, expected efault");
  }

  @Test
  void mmioIsForgottenOnceThereIsASlot() {
    vm(V6_12).slot(0).faults(0x2000, STORE | RSVD, EMULATE);
    assertThat(story.quiet()).containsExactly(
        "page fault at 0x2000 (error code 0xa) ends in RET_PF_EMULATE, expected retry");
  }

  @Test
  void aSlotThatComesMeanwhileMayBeSeenOrNot() {
    vm(V6_12);
    fault(0x2000, STORE | RSVD);
    slot(0).ends(0x2000, STORE | RSVD, EMULATE);
    assertThat(story.quiet()).isEmpty();
  }

  @Test
  void aSlotIsGoneWithTheSwapNotWithTheReturn() {
    vm(V6_12).slot(0).other(SLOT_INVALID, 0, 2, 2, 16).by(ioctl).point(SLOTS_SWAP, 2).point(SLOTS_SWAP, 3);
    faults(0x2000, STORE, EMULATE);
    other(SLOT_GONE, 0, 2, 2, 16);
    assertThat(story.quiet()).isEmpty();
  }

  @Test
  void generationsInFluxAreNobodys() {
    vm(V6_12);
    fault(0x5000, LOAD | RSVD).point(MMIO_SPTE_CHECK, 5, 7, 7, 1);
    ends(0x5000, LOAD | RSVD, EMULATE).point(MMIO_CACHED, 0, 5, 7).point(EMULATION, 0, 0x5000, 0, 2);
    fault(0x5000, LOAD | RSVD).point(MMIO_SPTE_CHECK, 5, 7, 7 | IN_FLUX, 1);
    assertThat(story.quiet())
        .containsExactly("MMIO SPTE of gfn 0x5 of generation 7 counts as valid, memslot generation in flux");
  }

  @Test
  void nothingIsCachedWhileTheGenerationIsInFlux() {
    vm(V6_12);
    fault(0x5000, LOAD).point(MMIO_CACHED, 0, 5, 7 | IN_FLUX);
    assertThat(story.quiet())
        .containsExactly("vCPU 0 remembers gfn 0x5 as MMIO while a memslot update is in progress");
  }

  @Test
  void nothingIsCachedDuringAPrivateFault() {
    vm(V6_12);
    faults(0x5000, LOAD | PRIVATE, -EFAULT).point(VCPU_EXIT, 0, MEMORY_FAULT, 0x5000, EFAULT);
    fault(0x5000, LOAD).point(MMIO_CACHED, 0, 5, 7);
    ends(0x5000, LOAD, EMULATE).point(EMULATION, 0, 0x5000, 0, 2);
    assertThat(story.quiet()).isEmpty();
    fault(0x5000, LOAD | PRIVATE).point(MMIO_CACHED, 0, 5, 7);
    ends(0x5000, LOAD | PRIVATE, -EFAULT).point(VCPU_EXIT, 0, MEMORY_FAULT, 0x5000, EFAULT);
    assertThat(story.quiet()).containsExactly("vCPU 0 remembers gfn 0x5 as MMIO while it handles a private fault");
  }

  @Test
  void aTurnOfTheGenerationBitsTakesAllTables() {
    vm(V6_12).slot(0).other(MMIO_GEN_WRAP, 1 << 19).by(ioctl).point(ZAP_ALL_FAST, 1).point(SLOTS_SWAP, 1 << 19);
    assertThat(story.quiet()).isEmpty();
    other(MMIO_GEN_WRAP, 1 << 20).by(ioctl).point(SLOT_FREE, 1);
    assertThat(story.quiet())
        .containsExactly("memslot generation 1048576 looks to MMIO SPTEs like 0, and no table goes");
  }

  @Test
  void onlyAFaultOnMemoryIsSentBackByTheRetryCheck() {
    vm(V6_12).slot(0).fault(0x2000, STORE).point(FAULT_RETRY, 2, 0, 1, 0);
    ends(0x2000, STORE, RETRY);
    fault(0x5000, STORE);
    other(SLOT_INSTALL, 1, 5, 1, 20).point(FAULT_RETRY, 5, 0, 1, 0);
    ends(0x5000, STORE, RETRY);
    assertThat(story.quiet()).isEmpty();
    fault(0x6008, STORE).point(FAULT_RETRY, 6, 0, 1, 0);
    assertThat(story.quiet())
        .containsExactly("page fault at 0x6008, where no memory is, is sent back by the retry check");
  }

  @Test
  void aTrackedGfnIsNotWritten() {
    vm(V6_12).slot(0).other(WRITE_TRACK, 2, 1);
    faults(0x2000, STORE | PRESENT, WRITE_PROTECTED).point(EMULATION, 0, 0x2000, 1, 1);
    faults(0x2000, STORE | PRESENT, FIXED);
    assertThat(story.quiet()).containsExactly(
        "page fault at 0x2000 (error code 0x3) ends in RET_PF_FIXED, expected write-protected");
  }

  @Test
  void whatIsToBeEmulatedIsEmulated() {
    vm(V6_12).faults(0x5000, STORE, EMULATE);
    fault(0x5000, STORE);
    assertThat(story.quiet()).containsExactly("page fault at 0x5000 is to be emulated, and is not");
  }

  @Test
  void theEmulatedAccessIsTheOneThatFaulted() {
    vm(V6_12).faults(0x5000, STORE, EMULATE).point(EMULATION, 0, 0x6000, 1, 2);
    assertThat(story.quiet())
        .containsExactly("KVM emulates an access to 0x6000, but the access to 0x5000 is to be");
  }

  @Test
  void nothingIsEmulatedUnasked() {
    vm(V6_12).slot(0).faults(0x2000, STORE, FIXED).point(EMULATION, 0, 0x2000, 1, 1);
    assertThat(story.quiet()).containsExactly("KVM emulates an access to 0x2000, though nothing asked for it");
  }

  @Test
  void theVmmIsAskedForNothingThatKvmDidNotTry() {
    vm(V6_12).slot(0).faults(0x2000, STORE, FIXED).point(VCPU_EXIT, 0, MMIO, 0x2000, 0);
    assertThat(story.quiet())
        .containsExactly("page fault at 0x2000 is left to the VMM, and nobody tried to emulate it");
  }
}
