package io.stalemate.oracle;

import io.stalemate.machine.Tracepoint;
import io.stalemate.trace.Trace;

/** The events that say what became of a stage-2 abort. */
final class AbortEvents {

  // Exit reasons and kinds of injected aborts, as tracepoints say them.
  static final int EXIT_MMIO = 1;
  static final int EXIT_ARM_NISV = 2;
  static final int EXIT_ERROR = 5;
  static final int INJECT_EXTERNAL = 0;
  static final int INJECT_SIZE = 1;
  static final int INJECT_SERROR = 2;

  private AbortEvents() {}

  /** Whether {@code event} gives the guest an abort of {@code kind} at {@code address}. */
  static boolean injects(Trace trace, int event, int kind, int isIabt, long address) {
    return Traces.is(trace, event, Tracepoint.INJECT_ABORT)
        && trace.d(event) == kind && trace.c(event) == isIabt && trace.b(event) == address;
  }

  /** Whether {@code event} leaves to the VMM for {@code reason}. */
  static boolean exits(Trace trace, int event, int reason, long address, int errno) {
    return Traces.is(trace, event, Tracepoint.VCPU_EXIT)
        && trace.b(event) == reason && trace.c(event) == address && trace.d(event) == errno;
  }

  /** Says what {@code event} makes of an abort. */
  static String said(Trace trace, int event) {
    String at = " at " + Watch.hex(trace.b(event));
    return switch (trace.point(event)) {
      case FAULT_DONE -> "user_mem_abort()";
      case ACCESS_FAULT -> "handle_access_fault()";
      case SKIP_INSTR -> "the instruction skipped";
      case MMIO_IN_KERNEL -> "an answer of a device in the kernel" + at;
      case GUEST_SEA -> "the host taking it";
      case INJECT_ABORT -> switch ((int) trace.d(event)) {
        case INJECT_SIZE -> "an address-size fault for the guest" + at;
        case INJECT_SERROR -> "an SError for the guest";
        default -> (trace.c(event) == 1 ? "a prefetch abort" : "a data abort") + " for the guest" + at;
      };
      case VCPU_EXIT -> switch ((int) trace.b(event)) {
        case EXIT_MMIO -> "KVM_EXIT_MMIO at " + Watch.hex(trace.c(event));
        case EXIT_ARM_NISV -> "KVM_EXIT_ARM_NISV at " + Watch.hex(trace.c(event));
        case EXIT_ERROR -> "errno " + trace.d(event);
        default -> "exit reason " + trace.b(event);
      };
      default -> trace.point(event).kernelName();
    };
  }
}
