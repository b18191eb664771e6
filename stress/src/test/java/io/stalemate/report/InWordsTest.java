package io.stalemate.report;

import static org.assertj.core.api.Assertions.assertThat;

import io.stalemate.linux.kvm.ExitReason;
import io.stalemate.linux.kvm.KvmMemslots;
import io.stalemate.linux.x86.PfErrorCode;
import io.stalemate.linux.x86.RetPf;
import io.stalemate.linux.x86.Spte;
import io.stalemate.machine.Tracepoint;
import io.stalemate.trace.Op;
import io.stalemate.trace.Trace;
import io.stalemate.trace.TraceLines;
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
    assertThat(words(Tracepoint.PRIVATE_CHECK, 1, 0, 1, 0)).isEqualTo("shared fault, gfn private");
    assertThat(words(Tracepoint.VCPU_EXIT, 0, ExitReason.MEMORY_FAULT.ordinal(), 0x1000, 14)).isEqualTo("MEMORY_FAULT");
    assertThat(words(Tracepoint.TDP_ROOT, 0x10b, 2, 0, 0)).isEqualTo("invalid");
  }

  @Test
  void aGenerationInFluxHasTheWordsOfItsTopBit() {
    long inFlux = KvmMemslots.GEN_UPDATE_IN_PROGRESS | 4;
    assertThat(words(Tracepoint.SLOTS_SWAP, inFlux, 0, 0, 0)).isEqualTo("gen 4, update in progress");
    assertThat(words(Tracepoint.SLOTS_SWAP, 4, 0, 0, 0)).isEmpty();
    assertThat(words(Tracepoint.MMIO_CACHED, 0, 1, inFlux, 0)).isEqualTo("gen 4, update in progress");
    assertThat(words(Tracepoint.MMIO_SPTE_CHECK, 1, 3, inFlux, 0))
        .isEqualTo("spte gen 3 out of date, memslot gen 4, update in progress");
  }

  @Test
  void inFullAnEventIsItsLineAndItsWords() {
    words(Tracepoint.SLOTS_SWAP, KvmMemslots.GEN_UPDATE_IN_PROGRESS | 4, 0, 0, 0);
    words(Tracepoint.SLOTS_SWAP, 4, 0, 0, 0);
    TraceLines lines = new TraceLines(trace);
    assertThat(InWords.inFull(lines, 0))
        .isEqualTo("kvm_swap_active_memslots: generation=0x8000000000000004 (gen 4, update in progress)");
    assertThat(InWords.inFull(lines, 1)).isEqualTo("kvm_swap_active_memslots: generation=4");
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
