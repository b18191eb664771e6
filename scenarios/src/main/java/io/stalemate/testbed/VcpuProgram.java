package io.stalemate.testbed;

import io.stalemate.cpu.GuestStep;
import io.stalemate.scenario.Repeated;
import io.stalemate.scenario.Task;
import io.stalemate.scenario.X86Action;
import java.util.ArrayList;
import java.util.List;

/**
 * What a vCPU's thread does: it runs guest programs, and between them ioctls of the vCPU's.
 *
 * @param parts in order; without ioctls there is one program
 */
record VcpuProgram(List<Part> parts) {

  /** Guest accesses in a row, or one ioctl. */
  sealed interface Part {

    /** Index of the last action that it is made of. */
    int action();
  }

  record Program(int action, List<GuestStep> steps) implements Part {}

  record Ioctl(int action, X86Action.PreFault fault, int times) implements Part {}

  /** Yields the program of vCPU task {@code number}. */
  static VcpuProgram of(Task task, int number, GuestAddresses addresses) {
    List<Part> parts = new ArrayList<>();
    List<Repeated> actions = task.actions();
    int first = 0;
    int steps = 0;
    for (int action = 0; action <= actions.size(); action++) {
      boolean isIoctl = action < actions.size() && actions.get(action).action() instanceof X86Action.PreFault;
      if ((isIoctl || action == actions.size()) && first < action) {
        List<GuestStep> program = GuestProgram.of(actions.subList(first, action), number, steps, addresses);
        steps += program.size();
        parts.add(new Program(action - 1, program));
      }
      if (isIoctl && actions.get(action).action() instanceof X86Action.PreFault fault) {
        parts.add(new Ioctl(action, fault, actions.get(action).times()));
        first = action + 1;
      }
    }
    return new VcpuProgram(List.copyOf(parts));
  }

  /** Yields all steps of the guest. */
  List<GuestStep> steps() {
    List<GuestStep> steps = new ArrayList<>();
    for (Part part : parts) {
      if (part instanceof Program program) {
        steps.addAll(program.steps());
      }
    }
    return steps;
  }
}
