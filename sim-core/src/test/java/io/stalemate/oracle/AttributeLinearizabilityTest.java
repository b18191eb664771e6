package io.stalemate.oracle;

import static io.stalemate.machine.Tracepoint.GMEM_BIND;
import static io.stalemate.machine.Tracepoint.GMEM_FOLIO;
import static io.stalemate.machine.Tracepoint.HOST_PTE;
import static io.stalemate.machine.Tracepoint.MEM_ATTR;
import static io.stalemate.machine.Tracepoint.PRIVATE_CHECK;
import static io.stalemate.machine.Tracepoint.RETURN;
import static io.stalemate.machine.Tracepoint.TDP_ROOT;
import static io.stalemate.machine.Tracepoint.X86_FAULT;
import static io.stalemate.machine.Tracepoint.X86_FAULT_RET;
import static io.stalemate.trace.Op.GUEST_LOAD;
import static io.stalemate.trace.Op.GUEST_STORE;
import static org.assertj.core.api.Assertions.assertThat;

import io.stalemate.machine.Tracepoint;
import io.stalemate.trace.Op;
import io.stalemate.trace.Trace;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Frame 0x101 is page 1 of guest_memfd 0, which is behind gfn 1; frame 0x102 is the host's. */
class AttributeLinearizabilityTest {

  private static final long PRIVATE = 8;
  private static final long EINVAL = 22;

  private final OracleSet oracles = new OracleSet(List.of(new Linearizability()));
  private final Story story = new Story(new Linearizability());
  private final int vcpu0 = story.task("vcpu0");
  private final int vcpu1 = story.task("vcpu1");
  private final int vmm = story.task("vmm");

  private Story boots() {
    return story.by(Trace.BOOT).point(TDP_ROOT, 0x200, 1).point(GMEM_BIND, 0, 0, 4, 0).alloc(0x101)
        .point(GMEM_FOLIO, 0, 1, 0x101).alloc(0x102);
  }

  private Story sets(long attributes) {
    return story.by(vmm).point(MEM_ATTR, 1, attributes);
  }

  private Story returns(long ret) {
    return story.by(vmm).point(RETURN, 0, ret);
  }

  private Story finds(int vcpu, boolean isPrivate) {
    return story.by(vcpu).point(PRIVATE_CHECK, 1, 1, isPrivate ? 1 : 0);
  }

  @Test
  void acceptsMemoryOfTheKindThatWasAskedFor() {
    boots().by(vcpu0).guest(GUEST_LOAD, 1, 0x102, 7);
    sets(PRIVATE);
    returns(0).by(vcpu0).guest(GUEST_LOAD, 1, 0x101, 8);
    assertThat(story.quiet()).isEmpty();
  }

  @Test
  void rejectsTheOldKindOfMemoryOnceTheIoctlReturned() {
    boots();
    sets(PRIVATE);
    returns(0).by(vcpu0).guest(GUEST_STORE, 1, 0x102, 7);
    List<Finding> findings = story.ends(Ending.QUIESCENT);
    assertThat(findings).hasSize(1);
    assertThat(findings.getFirst().what()).isEqualTo("guest reaches shared memory at gfn 0x1 when that is private");
    assertThat(findings.getFirst().severity()).isEqualTo(Severity.CORRUPTION);
    assertThat(findings.getFirst().notes()).containsExactly(
        "the history: task, operation, first and last step; #n is its place in the longest legal prefix",
        "vmm    make gfn 0x1 private: 0         0..0  []    #1",
        "vcpu0  gfn 0x1 leads to shared memory  0..0    []  no legal place");
  }

  @Test
  void acceptsAnAccessThatBeganBeforeTheIoctlReturned() {
    boots().by(vcpu0).begins(GUEST_LOAD, 1, 0);
    sets(PRIVATE);
    returns(0).by(vcpu0).hits(GUEST_LOAD, 1, 0x102, 7);
    assertThat(story.quiet()).isEmpty();
  }

  /** What the private-shared oracle reports at once is no contradiction between calls and returns. */
  @Test
  void acceptsEitherKindWhileTheIoctlIsUnderWay() {
    boots();
    sets(PRIVATE).by(vcpu0).guest(GUEST_LOAD, 1, 0x102, 7).by(vcpu1).guest(GUEST_LOAD, 1, 0x101, 8);
    returns(0);
    assertThat(story.quiet()).isEmpty();
  }

  @Test
  void rejectsAFaultThatFindsWhatWasThereBefore() {
    boots();
    sets(PRIVATE);
    returns(0).by(vcpu0).point(X86_FAULT, 0, 1 << 12, 0);
    finds(vcpu0, false);
    assertThat(story.quiet()).containsExactly("a fault finds gfn 0x1 shared when that is private");
  }

  @Test
  void acceptsAFaultThatBeganBefore() {
    boots().by(vcpu0).point(X86_FAULT, 0, 1 << 12, 0);
    sets(PRIVATE);
    returns(0);
    finds(vcpu0, false).point(X86_FAULT_RET, 0, 1 << 12, 0, 0);
    assertThat(story.quiet()).isEmpty();
  }

  @Test
  void rejectsAnIoctlThatFailedAndChangedTheKind() {
    boots();
    sets(PRIVATE);
    returns(-EINVAL).by(vcpu0).guest(GUEST_LOAD, 1, 0x101, 8);
    assertThat(story.quiet()).containsExactly("guest reaches private memory at gfn 0x1 when that is shared");
  }

  @Test
  void aGfnMadePrivateAtBootIsPrivate() {
    boots().point(MEM_ATTR, 1, PRIVATE).by(vcpu0).guest(GUEST_LOAD, 1, 0x102, 7);
    assertThat(story.quiet()).containsExactly("guest reaches shared memory at gfn 0x1 when that is private");
  }

  /** There a gfn leads to the same memory, whatever its attribute. */
  @Test
  void arm64HasNoKinds() {
    story.by(Trace.BOOT).alloc(0x102).point(HOST_PTE, 0x11, 0, 0x102, 1);
    sets(PRIVATE);
    returns(0).by(vcpu0).guest(GUEST_LOAD, 1, 0x102, 7);
    assertThat(story.quiet()).isEmpty();
  }

  @Test
  void whatIsTooHardToJudgeIsSaid() {
    Trace trace = new Trace();
    oracles.begin(trace);
    assertThat(oracles.undecided()).isFalse();
    trace.tasks().add("vcpu0");
    int task = trace.tasks().size() - 1;
    append(trace, Trace.BOOT, TDP_ROOT, 0x200, 1);
    append(trace, Trace.BOOT, GMEM_BIND, 0, 0);
    append(trace, task, MEM_ATTR, 1, PRIVATE);
    // Nobody said when the task was called: all of this may have been at once.
    for (int i = 0; i < 70; i++) {
      append(trace, task, PRIVATE_CHECK, 1, 0);
    }
    oracles.end(Ending.QUIESCENT);
    assertThat(oracles.findings()).isEmpty();
    assertThat(oracles.undecided()).isTrue();
    oracles.begin(new Trace());
    oracles.end(Ending.QUIESCENT);
    assertThat(oracles.undecided()).as("the next run").isFalse();
  }

  private void append(Trace trace, int task, Tracepoint point, long a, long b) {
    int event = trace.append(Op.TRACE.ordinal(), task, point.ordinal(), a, b, 0, 0);
    oracles.on(Op.TRACE.ordinal(), event);
  }
}
