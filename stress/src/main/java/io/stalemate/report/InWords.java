package io.stalemate.report;

import io.stalemate.cpu.x86.EptPte;
import io.stalemate.linux.kvm.ExitReason;
import io.stalemate.linux.kvm.KvmMemslots;
import io.stalemate.linux.kvm.MemAttributes;
import io.stalemate.linux.x86.PfErrorCode;
import io.stalemate.linux.x86.Spte;
import io.stalemate.machine.Tracepoint;
import io.stalemate.trace.Op;
import io.stalemate.trace.Trace;
import io.stalemate.trace.TraceLines;
import java.util.ArrayList;
import java.util.List;

/** What the numbers of an event mean: x86's entries and error codes, exit reasons, attributes, generations. */
public final class InWords {

  private static final String[] RET_PF = {
    "RET_PF_CONTINUE", "RET_PF_RETRY", "RET_PF_EMULATE", "RET_PF_WRITE_PROTECTED", "RET_PF_INVALID", "RET_PF_FIXED",
    "RET_PF_SPURIOUS"
  };

  private InWords() {}

  /** Yields the meaning of event {@code event} in a few words; empty if its numbers speak for themselves. */
  static String of(Trace trace, int event) {
    if (trace.op(event) != Op.TRACE) {
      return "";
    }
    return switch (trace.point(event)) {
      case VCPU_EXIT -> exit(trace.b(event));
      case TDP_SET_SPTE -> spte(trace.c(event), (int) trace.b(event)) + " to "
          + spte(trace.d(event), (int) trace.b(event));
      case TDP_ROOT -> root(trace.b(event));
      case X86_FAULT -> errorCode(trace.c(event));
      case X86_FAULT_RET, PRE_FAULT, ASYNC_PF_READY -> retPf(trace.d(event));
      case MEM_ATTR -> attribute(trace.b(event));
      case PRIVATE_CHECK -> (trace.b(event) != 0 ? "private" : "shared") + " fault, gfn "
          + (trace.c(event) != 0 ? "private" : "shared");
      case SLOTS_SWAP -> generation(trace.a(event));
      case MMIO_CACHED -> generation(trace.c(event));
      case MMIO_SPTE_CHECK -> trace.c(event) >= 0
          ? ""
          : "spte gen " + trace.b(event) + (trace.d(event) != 0 ? " valid" : " out of date") + ", memslot "
              + generation(trace.c(event));
      default -> "";
    };
  }

  /** Yields event {@code event} as traces have it, and what its numbers mean in parentheses if they need words. */
  public static String inFull(TraceLines lines, int event) {
    String words = of(lines.trace(), event);
    return lines.operation(event) + (words.isEmpty() ? "" : " (" + words + ")");
  }

  /** Yields name and place of event {@code event} and {@code words}: what fits beside other tasks. */
  static String briefly(Trace trace, int event, String words) {
    if (trace.point(event) == Tracepoint.SLOTS_SWAP) {
      return trace.point(event).kernelName() + ": " + words;
    }
    String place = switch (trace.point(event)) {
      case TDP_SET_SPTE -> "gfn 0x" + Long.toHexString(trace.a(event)) + " level " + trace.b(event);
      case TDP_ROOT -> "pfn 0x" + Long.toHexString(trace.a(event));
      case X86_FAULT, X86_FAULT_RET, PRE_FAULT -> "gpa 0x" + Long.toHexString(trace.b(event));
      case ASYNC_PF_READY, MMIO_CACHED -> "gfn 0x" + Long.toHexString(trace.b(event));
      case VCPU_EXIT -> "0x" + Long.toHexString(trace.c(event))
          + (trace.d(event) == 0 ? "" : ", errno " + trace.d(event));
      default -> "gfn 0x" + Long.toHexString(trace.a(event));
    };
    return trace.point(event).kernelName() + ": " + place + ": " + words;
  }

  private static String exit(long reason) {
    return reason >= 0 && reason < ExitReason.values().length ? ExitReason.values()[(int) reason].name() : "";
  }

  private static String retPf(long ret) {
    return ret >= 0 && ret < RET_PF.length ? RET_PF[(int) ret] : "";
  }

  private static String root(long state) {
    return state == 0 ? "freed" : state == 1 ? "valid" : "invalid";
  }

  private static String attribute(long attributes) {
    return (attributes & MemAttributes.KVM_MEMORY_ATTRIBUTE_PRIVATE) != 0 ? "private" : "shared";
  }

  /** A generation speaks for itself unless the bit is set that says that the memslots are being changed. */
  private static String generation(long generation) {
    return generation >= 0
        ? ""
        : "gen " + (generation & ~KvmMemslots.GEN_UPDATE_IN_PROGRESS) + ", update in progress";
  }

  private static String errorCode(long code) {
    List<String> words = new ArrayList<>();
    words.add((code & PfErrorCode.FETCH) != 0 ? "fetch" : (code & PfErrorCode.WRITE) != 0 ? "write" : "read");
    add(words, code, PfErrorCode.PRESENT, "present");
    add(words, code, PfErrorCode.RSVD, "reserved");
    add(words, code, PfErrorCode.GUEST_RMP, "rmp");
    add(words, code, PfErrorCode.GUEST_ENC, "encrypted");
    add(words, code, PfErrorCode.PRIVATE_ACCESS, "private");
    return String.join(" ", words);
  }

  private static void add(List<String> words, long code, long bit, String word) {
    if ((code & bit) != 0) {
      words.add(word);
    }
  }

  /** Yields for example {@code 0x103 rw- AD}: frame, permissions, flags. */
  private static String spte(long spte, int level) {
    if (Spte.frozen(spte)) {
      return "FROZEN";
    }
    if (Spte.mmio(spte)) {
      return "MMIO gen " + Spte.mmioGeneration(spte);
    }
    if (!Spte.shadowPresent(spte)) {
      return spte == Spte.NONPRESENT ? "none" : "0x" + Long.toHexString(spte);
    }
    String frame = "0x" + Long.toHexString(Spte.pfn(spte));
    if (!Spte.last(spte, level)) {
      return "table " + frame;
    }
    String flags = (Spte.accessed(spte) ? "A" : "") + (Spte.dirty(spte) ? "D" : "");
    return frame + " " + ((spte & EptPte.READ) != 0 ? "r" : "-") + ((spte & EptPte.WRITE) != 0 ? "w" : "-")
        + ((spte & EptPte.EXEC) != 0 ? "x" : "-") + (flags.isEmpty() ? "" : " " + flags);
  }
}
