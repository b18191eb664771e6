package io.stalemate.cpu;

import java.util.List;

/**
 * The registers of one vCPU, as far as a program of memory accesses needs them. They belong to the vCPU's own task, in
 * the guest and out of it, so they are no shared words.
 */
public final class GuestRegisters {

  private static final int NOT_BEGUN = -1;

  private final List<GuestStep> program;
  private final CallResults results;
  // The program counter, and the instruction that was announced last.
  private final int[] counters = {0, NOT_BEGUN};

  /** Registers at the start of {@code program}. */
  public GuestRegisters(List<? extends GuestStep> program) {
    this(program, (pc, x0) -> {});
  }

  /** Registers at the start of {@code program}, whose hypercalls hand what they return to {@code results}. */
  public GuestRegisters(List<? extends GuestStep> program, CallResults results) {
    this.program = List.copyOf(program);
    this.results = results;
  }

  /** What a guest does with the results of its hypercalls. */
  @FunctionalInterface
  public interface CallResults {

    /** The call at {@code pc} returned {@code x0}. */
    void returned(int pc, long x0);
  }

  /** Whether the program is over. */
  public boolean atEnd() {
    return counters[0] == program.size();
  }

  /** Whether the guest is about to call its hypervisor. */
  public boolean atHypercall() {
    return program.get(counters[0]) instanceof Hypercall;
  }

  /** The call that the guest is at. */
  public Hypercall hypercall() {
    if (program.get(counters[0]) instanceof Hypercall call) {
      return call;
    }
    throw new IllegalStateException("the guest is at no hypercall, pc " + counters[0]);
  }

  /** {@code smccc_set_retval()}: the call that the guest is at returned {@code x0}; goes on behind it. */
  public void smcccSetRetval(long x0) {
    int pc = counters[0]++;
    results.returned(pc, x0);
  }

  /** The memory access that the guest is at; only if it is at no hypercall. */
  public GuestInstruction instruction() {
    if (program.get(counters[0]) instanceof GuestInstruction instruction) {
      return instruction;
    }
    throw new IllegalStateException("the guest is at a hypercall, pc " + counters[0]);
  }

  /** Index in the program of the instruction the guest is at. */
  public int pc() {
    return counters[0];
  }

  /** Goes on to the next instruction ({@code kvm_incr_pc()}). */
  public void advance() {
    counters[0]++;
  }

  /**
   * Goes on behind the instruction that the guest is at, of which a stage-1 walk may have been the first step: what a
   * guest's exception handler does with an access that it gives up.
   */
  public void abandon() {
    while (instruction().stage1Walk() && counters[0] + 1 < program.size()
        && program.get(counters[0] + 1) instanceof GuestInstruction next && next.far() == instruction().far()) {
      counters[0]++;
    }
    counters[0]++;
  }

  /** Yields true the first time the guest comes to the instruction it is at. */
  public boolean firstTime() {
    boolean first = counters[1] != counters[0];
    counters[1] = counters[0];
    return first;
  }
}
