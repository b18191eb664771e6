package io.stalemate.oracle;

import static io.stalemate.machine.Tracepoint.ASYNC_PF_READY;
import static io.stalemate.machine.Tracepoint.ASYNC_PF_SETUP;
import static io.stalemate.machine.Tracepoint.CREATE_VM;
import static io.stalemate.machine.Tracepoint.X86_FAULT;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class AsyncFaultRulesTest {

  private static final int V6_8 = 2;
  private static final int V6_12 = 3;
  private static final long STORE = 1 << 1;
  private static final long PRIVATE = 1L << 49;

  private final Story story = new Story(new Conformance(List.of(new AsyncFaultRules())));
  private final int vcpu = story.task("vcpu0");

  private Story fault(int era, long code) {
    return story.point(CREATE_VM, era, 16, 16, 0).by(vcpu).point(X86_FAULT, 0, 0x2008, code)
        .point(ASYNC_PF_SETUP, 0, 2, 1);
  }

  @Test
  void acceptsAReplayWithTheErrorCodeThatItsEraKeeps() {
    assertThat(fault(V6_12, STORE).point(ASYNC_PF_READY, 0, 2, STORE, 5).quiet()).isEmpty();
  }

  @Test
  void acceptsAReplayWithoutAnErrorCodeBeforeV611() {
    assertThat(fault(V6_8, STORE).point(ASYNC_PF_READY, 0, 2, 0, 5).quiet()).isEmpty();
  }

  @Test
  void rejectsAReplayThatForgotTheErrorCode() {
    assertThat(fault(V6_12, STORE).point(ASYNC_PF_READY, 0, 2, 0, 5).quiet())
        .containsExactly("page fault at 0x2008 is replayed with error code 0x0, expected 0x2");
  }

  @Test
  void rejectsAPrivateFaultInTheBackground() {
    assertThat(fault(V6_12, STORE | PRIVATE).quiet())
        .containsExactly("private page fault at 0x2008 goes on in the background");
  }
}
