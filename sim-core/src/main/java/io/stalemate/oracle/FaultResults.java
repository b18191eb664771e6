package io.stalemate.oracle;

/** The outcomes that the table of x86's page faults names, as results of {@code kvm_mmu_page_fault()} and exits. */
final class FaultResults {

  /** The VMM is told of an address that the guest did not touch. */
  static final int EXIT_ELSEWHERE = -2;
  static final int EXIT_MMIO = 1;
  static final int EXIT_ERROR = 5;
  static final int EXIT_MEMORY_FAULT = 7;

  private static final int RETRY = 1;
  private static final int EMULATE = 2;
  private static final int WRITE_PROTECTED = 3;
  private static final int FIXED = 5;
  private static final int SPURIOUS = 6;
  private static final String[] RET_PF = {
    "RET_PF_CONTINUE", "RET_PF_RETRY", "RET_PF_EMULATE", "RET_PF_WRITE_PROTECTED", "RET_PF_INVALID", "RET_PF_FIXED",
    "RET_PF_SPURIOUS"
  };

  private static final int ENOMEM = 12;
  private static final int EFAULT = 14;
  private static final int EHWPOISON = 133;

  private FaultResults() {}

  /**
   * Whether a fault's end is one of those that {@code outcome} names.
   *
   * @param outcome of the table, several separated by {@code |}
   * @param exit reason of the exit; of interest if {@code ret} is an errno
   * @param ret RET_PF code or negative errno; 0 if another errno than the fault's reached the VMM
   */
  static boolean fits(String outcome, int exit, int ret) {
    for (String word : outcome.split("\\|")) {
      if (fitsWord(word, exit, ret)) {
        return true;
      }
    }
    // No page for a table: every path that maps asks for them first.
    return ret == -ENOMEM && exit == EXIT_ERROR && !outcome.equals("never") && !outcome.equals("efault");
  }

  private static boolean fitsWord(String word, int exit, int ret) {
    return switch (word) {
      case "retry" -> ret == RETRY;
      case "emulate" -> ret == EMULATE;
      case "write-protected" -> ret == WRITE_PROTECTED;
      case "fast" -> ret == FIXED || ret == SPURIOUS;
      case "map" -> mapped(ret) || ret == -EFAULT && exit == EXIT_ERROR;
      case "map-private" -> mapped(ret) || (ret == -ENOMEM || ret == -EHWPOISON) && exit == EXIT_MEMORY_FAULT;
      case "memory-fault" -> ret == -EFAULT && exit == EXIT_MEMORY_FAULT;
      case "efault" -> ret == -EFAULT && exit == EXIT_ERROR;
      case "never" -> false;
      default -> throw new IllegalStateException("the table has an outcome that nobody knows: " + word);
    };
  }

  /** Whether a fault that ends in {@code ret} has its access emulated. */
  static boolean emulates(int ret) {
    return ret == EMULATE || ret == WRITE_PROTECTED;
  }

  private static boolean mapped(int ret) {
    return ret == FIXED || ret == SPURIOUS || ret == RETRY;
  }

  /** Says how a fault ended. */
  static String say(int exit, int ret) {
    if (ret > 0) {
      return ret < RET_PF.length ? RET_PF[ret] : "result " + ret;
    }
    String errno = ret == 0 ? "another errno than its own" : "errno " + -ret;
    return switch (exit) {
      case EXIT_MEMORY_FAULT -> errno + " with KVM_EXIT_MEMORY_FAULT";
      case EXIT_ELSEWHERE -> errno + " with KVM_EXIT_MEMORY_FAULT for another page";
      case EXIT_ERROR -> errno;
      default -> errno + " with exit reason " + exit;
    };
  }
}
