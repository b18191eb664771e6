package io.stalemate.report;

import static org.assertj.core.api.Assertions.assertThat;

import io.stalemate.machine.Tracepoint;
import io.stalemate.trace.ObjectKind;
import io.stalemate.trace.Op;
import io.stalemate.trace.Trace;
import org.junit.jupiter.api.Test;

class MmuStateTest {

  private final Trace trace = new Trace();

  private void point(Tracepoint point, long a, long b) {
    trace.append(Op.TRACE.ordinal(), 0, point.ordinal(), a, b, 0, 0);
  }

  private MmuState after(int events) {
    MmuState state = new MmuState(trace);
    for (int event = 0; event < events; event++) {
      state.follow(event);
    }
    return state;
  }

  @Test
  void privateGfnsHaveAColumnWhereAttributesChange() {
    point(Tracepoint.MEM_ATTR, 1, 8);
    point(Tracepoint.MEM_ATTR, 0x1f, 8);
    point(Tracepoint.MEM_ATTR, 1, 0);
    assertThat(after(0).titles()).containsExactly("private");
    assertThat(after(0).values()).containsExactly("-");
    assertThat(after(2).values()).containsExactly("1 1f");
    assertThat(after(3).values()).containsExactly("1f");
  }

  @Test
  void theMemslotGenerationHasAColumnWhereMmioIsCachedAndAStarInFlux() {
    int generation = trace.objects().add(ObjectKind.WORD, "memslots->generation", 1);
    point(Tracepoint.SLOTS_SWAP, 1L << 63 | 6, 0);
    trace.append(Op.WRITE.ordinal(), 0, generation, 8, 0, 0, 0);
    point(Tracepoint.MMIO_CACHED, 0, 5);
    assertThat(after(0).titles()).containsExactly("gen");
    assertThat(after(1).values()).containsExactly("6*");
    assertThat(after(2).values()).containsExactly("8");
  }

  @Test
  void otherRunsHaveNeither() {
    point(Tracepoint.SLOTS_SWAP, 2, 0);
    assertThat(after(1).titles()).isEmpty();
  }
}
