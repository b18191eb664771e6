package io.stalemate.report;

import static org.assertj.core.api.Assertions.assertThat;

import io.stalemate.linux.kvm.ExitReason;
import io.stalemate.linux.x86.PfErrorCode;
import io.stalemate.linux.x86.RetPf;
import io.stalemate.linux.x86.Spte;
import io.stalemate.machine.Tracepoint;
import io.stalemate.trace.Op;
import io.stalemate.trace.Trace;
import org.junit.jupiter.api.Test;

class InWordsTest {

  private final Trace trace = new Trace();

  private String words(Tracepoint point, long a, long b, long c, long d) {
    return InWords.of(trace, trace.append(Op.TRACE.ordinal(), 0, point.ordinal(), a, b, c, d));
  }

  @Test
  void anEntryIsItsFrameItsPermissionsAndItsFlags() {
    long leaf = 0x103000 | Spte.MMU_PRESENT | 0x307;
    assertThat(words(Tracepoint.TDP_SET_SPTE, 1, 1, Spte.FROZEN, leaf)).isEqualTo("FROZEN to 0x103 rwx AD");
    assertThat(words(Tracepoint.TDP_SET_SPTE, 1, 1, leaf, leaf & ~0x202L)).isEqualTo("0x103 rwx AD to 0x103 r-x A");
    assertThat(words(Tracepoint.TDP_SET_SPTE, 0, 2, Spte.NONPRESENT, leaf)).isEqualTo("none to table 0x103");
    assertThat(words(Tracepoint.TDP_SET_SPTE, 5, 1, Spte.NONPRESENT, Spte.mmioOf(5, 9)))
        .isEqualTo("none to MMIO gen 9");
  }

  @Test
  void errorCodesAndWhatBecameOfFaultsHaveTheKernelsWords() {
    long code = PfErrorCode.WRITE | PfErrorCode.PRESENT | PfErrorCode.PRIVATE_ACCESS;
    assertThat(words(Tracepoint.X86_FAULT, 0, 0x1000, code, 0)).isEqualTo("write present private");
    assertThat(words(Tracepoint.X86_FAULT_RET, 0, 0x1000, code, RetPf.EMULATE)).isEqualTo("RET_PF_EMULATE");
    assertThat(words(Tracepoint.X86_FAULT_RET, 0, 0x1000, code, RetPf.SPURIOUS)).isEqualTo("RET_PF_SPURIOUS");
    assertThat(words(Tracepoint.X86_FAULT_RET, 0, 0x1000, code, -14)).isEmpty();
  }

  @Test
  void attributesAndExitsAreNamed() {
    assertThat(words(Tracepoint.MEM_ATTR, 1, 8, 0, 0)).isEqualTo("private");
    assertThat(words(Tracepoint.PRIVATE_CHECK, 1, 1, 0, 0)).isEqualTo("private fault, gfn shared");
    assertThat(words(Tracepoint.VCPU_EXIT, 0, ExitReason.MEMORY_FAULT.ordinal(), 0x1000, 14)).isEqualTo("MEMORY_FAULT");
    assertThat(words(Tracepoint.TDP_ROOT, 0x10b, 2, 0, 0)).isEqualTo("invalid");
  }

  @Test
  void whatSpeaksForItselfHasNoWords() {
    assertThat(words(Tracepoint.INVALIDATE_BEGIN, 1, 0, 0, 0)).isEmpty();
    assertThat(InWords.of(trace, trace.append(Op.SMP_MB.ordinal(), 0, 0, 0, 0, 0, 0))).isEmpty();
  }

  @Test
  void besideOtherTasksAnEventIsItsNameItsPlaceAndItsWords() {
    int event = trace.append(
        Op.TRACE.ordinal(), 0, Tracepoint.VCPU_EXIT.ordinal(), 0, ExitReason.MEMORY_FAULT.ordinal(), 0x1000, 14);
    assertThat(InWords.briefly(trace, event, InWords.of(trace, event)))
        .isEqualTo("kvm_userspace_exit: 0x1000, errno 14: MEMORY_FAULT");
  }
}
