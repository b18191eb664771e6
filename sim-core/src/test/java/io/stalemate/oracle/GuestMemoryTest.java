package io.stalemate.oracle;

import static io.stalemate.machine.Tracepoint.EMULATE;
import static io.stalemate.machine.Tracepoint.GMEM_FOLIO;
import static io.stalemate.machine.Tracepoint.HOST_PTE;
import static io.stalemate.machine.Tracepoint.SLOT_GONE;
import static io.stalemate.machine.Tracepoint.SLOT_INSTALL;
import static io.stalemate.machine.Tracepoint.SLOT_INVALID;
import static io.stalemate.trace.Op.GUEST_LOAD;
import static io.stalemate.trace.Op.GUEST_STORE;
import static org.assertj.core.api.Assertions.assertThat;

import io.stalemate.trace.Op;
import org.junit.jupiter.api.Test;

class GuestMemoryTest {

  private final Story story = new Story(new GuestMemory());
  private final int vcpu0 = story.task("vcpu0");
  private final int vcpu1 = story.task("vcpu1");
  private final int host = story.task("host");

  private Story zeroed(long pfn, long token, long hva) {
    return story.by(host).alloc(pfn).op(Op.PAGE_CLEAR, 1, pfn, token).point(HOST_PTE, hva, 0, pfn, 1);
  }

  @Test
  void acceptsLoadsOfWhatWasStored() {
    zeroed(0x101, -1, 2).by(vcpu0).guest(GUEST_LOAD, 2, 0x101, -1).guest(GUEST_STORE, 2, 0x101, 7)
        .by(vcpu1).guest(GUEST_LOAD, 2, 0x101, 7);
    assertThat(story.quiet()).isEmpty();
  }

  @Test
  void rejectsALostStore() {
    zeroed(0x101, -1, 2).by(vcpu0).guest(GUEST_STORE, 2, 0x101, 7).guest(GUEST_LOAD, 2, 0x102, -1);
    assertThat(story.quiet()).containsExactly("guest memory at hva page 0x2: token zero#1 comes back after token 0x7");
  }

  @Test
  void aTokenMayBeStoredTwice() {
    zeroed(0x101, -1, 2).by(vcpu0).guest(GUEST_STORE, 2, 0x101, 7).guest(GUEST_STORE, 2, 0x101, 8)
        .by(vcpu1).guest(GUEST_STORE, 2, 0x101, 7).guest(GUEST_LOAD, 2, 0x101, 7);
    assertThat(story.quiet()).isEmpty();
  }

  @Test
  void rejectsALostStoreOfATokenThatWasThereBefore() {
    zeroed(0x101, -1, 2).by(vcpu0).guest(GUEST_STORE, 2, 0x101, 7).guest(GUEST_STORE, 2, 0x101, 8)
        .by(vcpu1).guest(GUEST_STORE, 2, 0x101, 7).guest(GUEST_LOAD, 2, 0x101, 8);
    assertThat(story.quiet()).containsExactly("guest memory at hva page 0x2: token 0x8 comes back after token 0x7");
  }

  @Test
  void acceptsAnOldValueInAnAccessThatOverlaps() {
    zeroed(0x101, -1, 2).by(vcpu1).begins(GUEST_LOAD, 2, 0).by(vcpu0).guest(GUEST_STORE, 2, 0x101, 7)
        .by(vcpu1).hits(GUEST_LOAD, 2, 0x101, -1).done(GUEST_LOAD, 2, -1);
    assertThat(story.quiet()).isEmpty();
  }

  @Test
  void rejectsAValueThatComesBackAfterThePageWasDiscarded() {
    zeroed(0x101, -1, 2).by(vcpu0).guest(GUEST_STORE, 2, 0x101, 7);
    zeroed(0x102, -2, 2).by(vcpu0).guest(GUEST_LOAD, 2, 0x102, -2).guest(GUEST_LOAD, 2, 0x101, 7);
    assertThat(story.quiet()).containsExactly("guest memory at hva page 0x2: token 0x7 comes back after token zero#2");
  }

  @Test
  void acceptsAPageZeroedLongBeforeItWasMapped() {
    story.by(host).alloc(0x102).op(Op.PAGE_CLEAR, 1, 0x102, -2);
    zeroed(0x101, -1, 2).by(vcpu0).guest(GUEST_STORE, 2, 0x101, 7).guest(GUEST_LOAD, 2, 0x101, 7)
        .by(host).point(HOST_PTE, 2, 0, 0x102, 1).by(vcpu0).guest(GUEST_LOAD, 2, 0x102, -2);
    assertThat(story.quiet()).isEmpty();
  }

  @Test
  void acceptsDataThatMoves() {
    zeroed(0x101, -1, 2).by(vcpu0).guest(GUEST_STORE, 2, 0x101, 7)
        .by(host).alloc(0x102).op(Op.PAGE_COPY, 1, 0x102, 0x101, 7).point(HOST_PTE, 2, 0x101, 0x102, 1)
        .by(vcpu0).guest(GUEST_LOAD, 2, 0x102, 7);
    assertThat(story.quiet()).isEmpty();
  }

  @Test
  void acceptsASlotThatMovesWithItsData() {
    story.by(host).point(SLOT_INSTALL, 0, 0, 4, 10);
    zeroed(0x101, -1, 12).by(vcpu0).guest(GUEST_STORE, 2, 0x101, 7)
        .by(host).point(SLOT_INVALID, 0, 0, 4, 10).point(SLOT_INSTALL, 0, 8, 4, 10).point(SLOT_GONE, 0, 0, 4, 10)
        .by(vcpu0).guest(GUEST_LOAD, 10, 0x101, 7);
    assertThat(story.quiet()).isEmpty();
  }

  @Test
  void rejectsForeignData() {
    zeroed(0x101, -1, 2);
    zeroed(0x102, -2, 3).by(vcpu0).guest(GUEST_STORE, 3, 0x102, 7).guest(GUEST_LOAD, 2, 0x102, 7);
    assertThat(story.quiet()).containsExactly("guest load of gfn 0x2 sees token 0x7, which is another page's");
  }

  @Test
  void acceptsDataThatWasThereFromTheBeginning() {
    story.by(vcpu0).guest(GUEST_LOAD, 2, 0x101, 9).guest(GUEST_STORE, 2, 0x101, 7);
    assertThat(story.quiet()).isEmpty();
  }

  @Test
  void aStoreThatNeverCompletesMayHaveHappenedOrNot() {
    zeroed(0x101, -1, 2).by(vcpu0).begins(GUEST_STORE, 2, 7).hits(GUEST_STORE, 2, 0x101, 7)
        .by(vcpu1).guest(GUEST_LOAD, 2, 0x101, -1).guest(GUEST_LOAD, 2, 0x101, 7);
    assertThat(story.ends(Ending.BOUND)).isEmpty();
  }

  /** A page of a guest_memfd, zeroed once it is in the file. */
  private Story folio(long pfn, long token, long index) {
    return story.by(host).alloc(pfn).point(GMEM_FOLIO, 0, index, pfn).op(Op.PAGE_CLEAR, 1, pfn, token);
  }

  @Test
  void conversionsSwitchPlaces() {
    zeroed(0x101, -1, 2).by(vcpu0).guest(GUEST_STORE, 2, 0x101, 7);
    folio(0x102, -2, 6).by(vcpu0).guest(GUEST_LOAD, 2, 0x102, -2).guest(GUEST_STORE, 2, 0x102, 8)
        .guest(GUEST_LOAD, 2, 0x101, 7).guest(GUEST_LOAD, 2, 0x102, 8);
    assertThat(story.quiet()).isEmpty();
  }

  @Test
  void rejectsALoadOfAFrameThatNobodyCleared() {
    story.by(host).alloc(0x101).point(GMEM_FOLIO, 0, 6, 0x101).by(vcpu0).guest(GUEST_LOAD, 2, 0x101, 0);
    assertThat(story.quiet()).containsExactly(
        "guest load of gfn 0x2 sees what was left in pfn 0x101, which nobody has cleared or filled");
  }

  @Test
  void whoStoresFirstSeesNothingThatWasLeft() {
    story.by(host).alloc(0x101).point(GMEM_FOLIO, 0, 6, 0x101)
        .by(vcpu0).guest(GUEST_STORE, 2, 0x101, 7).guest(GUEST_LOAD, 2, 0x101, 7);
    assertThat(story.quiet()).isEmpty();
  }

  @Test
  void rejectsPrivateDataThatComesBackAfterAPunch() {
    folio(0x101, -1, 6).by(vcpu0).guest(GUEST_STORE, 2, 0x101, 7).by(host).point(GMEM_FOLIO, 0, 6, 0);
    folio(0x102, -2, 6).by(vcpu0).guest(GUEST_LOAD, 2, 0x102, -2).guest(GUEST_LOAD, 2, 0x101, 7);
    assertThat(story.quiet()).containsExactly(
        "guest memory at page 0x6 of guest_memfd 0: token 0x7 comes back after token zero#2");
  }

  /** KVM stores {@code token} to the frame whose data is {@code word}, in the place of the guest. */
  private Story emulatedStore(int word, long gfn, long token) {
    return story.begins(GUEST_STORE, gfn, token).op(Op.WRITE_ONCE, word, token)
        .point(EMULATE, vcpu0, gfn << 12, 1, 1).done(GUEST_STORE, gfn, token);
  }

  @Test
  void whatKvmStoresForAGuestCounts() {
    int word = story.trace().objects().size();
    zeroed(0x101, -1, 2).by(vcpu0);
    emulatedStore(word, 2, 7).guest(GUEST_LOAD, 2, 0x101, 7);
    assertThat(story.ends(Ending.BOUND)).isEmpty();
    story.guest(GUEST_LOAD, 2, 0x102, -1);
    assertThat(story.quiet()).containsExactly("guest memory at hva page 0x2: token zero#1 comes back after token 0x7");
  }
}
