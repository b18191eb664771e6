package io.stalemate.cpu;

import java.util.List;

/**
 * The registers of one vCPU, as far as a program of memory accesses needs them. They belong to the vCPU's own task, in
 * the guest and out of it, so they are no shared words.
 */
public final class GuestRegisters {

  private static final int NOT_BEGUN = -1;

  private final List<GuestInstruction> program;
  // The program counter, and the instruction that was announced last.
  private final int[] counters = {0, NOT_BEGUN};

  /** Registers at the start of {@code program}. */
  public GuestRegisters(List<GuestInstruction> program) {
    this.program = List.copyOf(program);
  }

  /** Whether the program is over. */
  public boolean atEnd() {
    return counters[0] == program.size();
  }

  /** The instruction the guest is at. */
  public GuestInstruction instruction() {
    return program.get(counters[0]);
  }

  /** Index in the program of the instruction the guest is at. */
  public int pc() {
    return counters[0];
  }

  /** Goes on to the next instruction ({@code kvm_incr_pc()}). */
  public void advance() {
    counters[0]++;
  }

  /** Yields true the first time the guest comes to the instruction it is at. */
  public boolean firstTime() {
    boolean first = counters[1] != counters[0];
    counters[1] = counters[0];
    return first;
  }
}
