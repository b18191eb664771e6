package io.stalemate.oracle;

import static io.stalemate.machine.Tracepoint.HOST_PTE;
import static io.stalemate.machine.Tracepoint.MTE_CLEAR;
import static io.stalemate.machine.Tracepoint.MTE_COPY;
import static io.stalemate.machine.Tracepoint.MTE_COPY_DONE;
import static io.stalemate.machine.Tracepoint.MTE_TAG_READ;
import static io.stalemate.machine.Tracepoint.MTE_TAG_WRITE;
import static io.stalemate.machine.Tracepoint.SLOT_FLAGS;
import static io.stalemate.machine.Tracepoint.SLOT_GONE;
import static io.stalemate.machine.Tracepoint.SLOT_INSTALL;
import static io.stalemate.machine.Tracepoint.SLOT_INVALID;
import static io.stalemate.trace.Op.GUEST_LOAD_TAGS;
import static io.stalemate.trace.Op.GUEST_STORE_TAGS;
import static org.assertj.core.api.Assertions.assertThat;

import io.stalemate.machine.Pages;
import io.stalemate.trace.Op;
import org.junit.jupiter.api.Test;

class GuestTagsTest {

  private static final int BYTES = 4096;

  private final Story story = new Story(new GuestTags());
  private final int vcpu0 = story.task("vcpu0");
  private final int vmm = story.task("vmm");
  private final int host = story.task("host");

  /** A zeroed page at hva 2, behind gfn 2. */
  private Story page(long pfn, long token) {
    return story.by(host).alloc(pfn).op(Op.PAGE_CLEAR, 1, pfn, token).point(HOST_PTE, 2, 0, pfn, 1);
  }

  private Story read(long pfn, long tag) {
    return story.by(vmm).point(MTE_COPY, 2, BYTES, 0).point(MTE_TAG_READ, 2, pfn, 0, tag)
        .point(MTE_COPY_DONE, 2, BYTES);
  }

  private Story write(long pfn, long tag) {
    return story.by(vmm).point(MTE_COPY, 2, BYTES, 1).point(MTE_TAG_WRITE, 2, pfn, 0, tag)
        .point(MTE_COPY_DONE, 2, BYTES);
  }

  @Test
  void acceptsZerosAtFirstAndThenWhatWasStored() {
    page(0x101, -1);
    read(0x101, 0).by(vcpu0).guest(GUEST_LOAD_TAGS, 2, 0x101, 0).guest(GUEST_STORE_TAGS, 2, 0x101, 7);
    read(0x101, 7);
    write(0x101, 8).by(vcpu0).guest(GUEST_LOAD_TAGS, 2, 0x101, 8);
    assertThat(story.quiet()).isEmpty();
  }

  @Test
  void rejectsTagsThatAreCleared() {
    page(0x101, -1);
    write(0x101, 7).by(vcpu0).guest(GUEST_LOAD_TAGS, 2, 0x101, 0);
    assertThat(story.quiet()).containsExactly("tag word 0 of hva page 0x2: tags zero#1 come back after 0x7");
  }

  @Test
  void rejectsTagsOfAnEarlierOwner() {
    page(0x101, -1);
    read(0x101, Pages.STALE_TAGS | 0x101);
    assertThat(story.quiet())
        .containsExactly("the ioctl reads tags stale#0x101 of gfn 0x2, which an earlier owner of the frame left");
  }

  @Test
  void rejectsTagsOfAnotherPage() {
    page(0x101, -1).alloc(0x102).op(Op.PAGE_CLEAR, 1, 0x102, -2).point(HOST_PTE, 3, 0, 0x102, 1);
    story.by(vcpu0).guest(GUEST_STORE_TAGS, 3, 0x102, 7).guest(GUEST_LOAD_TAGS, 2, 0x101, 7);
    assertThat(story.quiet()).containsExactly("the guest loads tags 0x7 of gfn 0x2, which are another page's");
  }

  @Test
  void acceptsZerosOfANewPage() {
    page(0x101, -1);
    write(0x101, 7);
    page(0x102, -2);
    read(0x102, 0);
    assertThat(story.quiet()).isEmpty();
  }

  @Test
  void rejectsTagsThatAMoveLoses() {
    page(0x101, -1);
    write(0x101, 7).by(host).alloc(0x102).op(Op.PAGE_COPY, 1, 0x102, 0x101, -1).point(HOST_PTE, 2, 0x101, 0x102, 1);
    read(0x102, 0);
    assertThat(story.quiet()).containsExactly("tag word 0 of hva page 0x2: tags zero#1 come back after 0x7");
  }

  @Test
  void acceptsThatAFailedWriteLeavesNoTags() {
    page(0x101, -1);
    write(0x101, 7).by(vmm).point(MTE_COPY, 2, BYTES, 1).point(MTE_TAG_WRITE, 2, 0x101, 0, 8)
        .point(MTE_CLEAR, 0x101, 1).point(MTE_COPY_DONE, 2, -14);
    read(0x101, 0);
    assertThat(story.quiet()).isEmpty();
  }

  @Test
  void rejectsAWriteWhileDirtyPagesAreLogged() {
    page(0x101, -1).point(SLOT_INSTALL, 5, 2, 1, 2).point(SLOT_FLAGS, 5, 1);
    write(0x101, 7);
    assertThat(story.quiet()).containsExactly(
        "tags of gfn 0x2 are written while memslot 5 logs dirty pages, and are not in the log");
  }

  @Test
  void acceptsAWriteToANewSlotOfAnIdThatLogged() {
    page(0x101, -1).point(SLOT_FLAGS, 5, 1).point(SLOT_INSTALL, 5, 2, 1, 2).point(SLOT_INVALID, 5, 2, 1, 2)
        .point(SLOT_GONE, 5, 2, 1, 2).point(SLOT_INSTALL, 5, 2, 1, 2);
    write(0x101, 7);
    assertThat(story.quiet()).isEmpty();
  }

  @Test
  void rejectsAWriteToASlotThatMovedWithItsLog() {
    page(0x101, -1).point(SLOT_FLAGS, 5, 1).point(SLOT_INSTALL, 5, 4, 1, 2).point(SLOT_INVALID, 5, 4, 1, 2)
        .point(SLOT_FLAGS, 5, 1).point(SLOT_INSTALL, 5, 2, 1, 2).point(SLOT_GONE, 5, 4, 1, 2);
    write(0x101, 7);
    assertThat(story.quiet()).containsExactly(
        "tags of gfn 0x2 are written while memslot 5 logs dirty pages, and are not in the log");
  }

  @Test
  void acceptsAWriteOnceLoggingIsOff() {
    page(0x101, -1).point(SLOT_INSTALL, 5, 2, 1, 2).point(SLOT_FLAGS, 5, 1).point(SLOT_FLAGS, 5, 0);
    write(0x101, 7);
    assertThat(story.quiet()).isEmpty();
  }
}
