package io.stalemate.oracle;

import static io.stalemate.machine.Tracepoint.APIC_ACCESS_PAGE;
import static io.stalemate.machine.Tracepoint.GUEST_ACCESS_DONE;
import static io.stalemate.machine.Tracepoint.HOST_PTE;
import static io.stalemate.machine.Tracepoint.SLOT_INSTALL;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class ApicAccessRulesTest {

  private static final int USER_SLOTS = 32767;
  private static final long GFN = 14;
  private static final long HVA = 20;

  private final Story story = new Story(new Conformance(List.of(new ApicAccessRules())));
  private final int host = story.task("host0");
  private final int vcpu = story.task("vcpu0");

  private ApicAccessRulesTest pageIn(long pfn) {
    story.by(host).point(SLOT_INSTALL, USER_SLOTS + 1, GFN, 1, HVA).point(HOST_PTE, HVA, 0, pfn, 1);
    return this;
  }

  private Story touch(long gfn) {
    return story.by(vcpu).point(GUEST_ACCESS_DONE, 0, gfn, 0, 7);
  }

  @Test
  void acceptsTheHostsFrameAndALaterOneThatWasLookedUp() {
    pageIn(0x101).story.by(vcpu).point(APIC_ACCESS_PAGE, 0, 0x101);
    touch(GFN);
    story.by(host).point(HOST_PTE, HVA, 0x101, 0x102, 1).by(vcpu).point(APIC_ACCESS_PAGE, 0, 0x102);
    touch(GFN);
    assertThat(story.quiet()).isEmpty();
  }

  @Test
  void aFrameThatTheHostTookAwayMustNotBeInUse() {
    pageIn(0x101).story.by(vcpu).point(APIC_ACCESS_PAGE, 0, 0x101).by(host).point(HOST_PTE, HVA, 0x101, 0, 0);
    touch(GFN + 1);
    assertThat(story.quiet()).as("another page").isEmpty();
    touch(GFN);
    assertThat(story.quiet())
        .containsExactly("vCPU 0 has pfn 0x101 for its APIC access page, but the host has none");
  }

  @Test
  void norOneThatItReplaced() {
    pageIn(0x101).story.by(vcpu).point(APIC_ACCESS_PAGE, 0, 0x101).by(host).point(HOST_PTE, HVA, 0x101, 0x102, 1);
    touch(GFN);
    assertThat(story.quiet())
        .containsExactly("vCPU 0 has pfn 0x101 for its APIC access page, but the host has pfn 0x102");
  }

  @Test
  void memslotsOfUsersAreNoneOfIts() {
    story.by(host).point(SLOT_INSTALL, 5, GFN, 1, HVA).point(HOST_PTE, HVA, 0, 0x101, 1)
        .by(vcpu).point(APIC_ACCESS_PAGE, 0, 0x102);
    touch(GFN);
    assertThat(story.quiet()).isEmpty();
  }
}
