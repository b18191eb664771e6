package io.stalemate.testbed;

import io.stalemate.cpu.GuestStep;
import io.stalemate.cpu.Hypercall;
import io.stalemate.linux.arm64.Hypercalls;
import io.stalemate.scenario.GuestCall;
import io.stalemate.scenario.Repeated;
import io.stalemate.scenario.Task;
import java.util.ArrayList;
import java.util.List;

/** The hypercalls of a vCPU's task: what they call, and which action each of them is. */
final class GuestCalls {

  // By place in the program: the action's index, or -1 for what is no call.
  private final int[] actions;
  private final boolean endsInCall;

  /** The calls of {@code task}, whose program has them in the order of its actions. */
  GuestCalls(Task task, List<GuestStep> program) {
    List<Integer> calls = new ArrayList<>();
    for (int action = 0; action < task.actions().size(); action++) {
      Repeated repeated = task.actions().get(action);
      for (int n = 0; repeated.action() instanceof GuestCall && n < repeated.times(); n++) {
        calls.add(action);
      }
    }
    this.actions = new int[program.size()];
    int next = 0;
    for (int pc = 0; pc < actions.length; pc++) {
      actions[pc] = program.get(pc) instanceof Hypercall ? calls.get(next++) : -1;
    }
    this.endsInCall = task.actions().getLast().action() instanceof GuestCall;
  }

  /** Yields the index of the action that the call at {@code pc} is. */
  int action(int pc) {
    return actions[pc];
  }

  /** Whether the last action is a call, so that what it returned is not what the vCPU's thread did. */
  boolean endsInCall() {
    return endsInCall;
  }

  /** Yields the step that {@code call} is. */
  static Hypercall step(GuestCall call) {
    long function = switch (call.kind()) {
      case MMIO_GUARD_ENROLL -> Hypercalls.MMIO_GUARD_ENROLL;
      case MMIO_GUARD_MAP -> Hypercalls.MMIO_GUARD_MAP;
      case MMIO_GUARD_UNMAP -> Hypercalls.MMIO_GUARD_UNMAP;
      case SYSTEM_RESET -> Hypercalls.PSCI_SYSTEM_RESET;
      default -> throw new IllegalStateException(call + " is no hypercall");
    };
    return new Hypercall(function, call.ipa());
  }
}
