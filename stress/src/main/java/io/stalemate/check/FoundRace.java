package io.stalemate.check;

import io.stalemate.oracle.Severity;
import java.util.List;
import java.util.Optional;

/**
 * A finding, with all that a report of it needs.
 *
 * @param oracle that fired
 * @param what was wrong, in words
 * @param rule that was broken, in words
 * @param signature the same for equal findings
 * @param token replays it
 * @param replay the command to type
 * @param splat the whole report as text, plain ASCII art without colour
 * @param place the kernel function of the first racing access that has one
 * @param steps the schedule as run, in order
 * @param stepsLeftOut events that {@code steps} has no room for
 */
public record FoundRace(
    String oracle,
    Severity severity,
    String what,
    String rule,
    String signature,
    String token,
    String replay,
    String splat,
    Optional<Place> place,
    List<Step> steps,
    int stepsLeftOut) {

  /** What an event does to a lock, a read section included. */
  public enum Lock {
    NONE,
    ACQUIRE,
    RELEASE
  }

  /** A kernel function and the file it is in, for example {@code user_mem_abort} in {@code arch/arm64/kvm/mmu.c}. */
  public record Place(String function, String file) {}

  /**
   * One event of the run.
   *
   * @param step number of choices before it
   * @param task that performed it
   * @param operation as traces print it
   * @param functions kernel call stack, innermost first; may be empty
   * @param place of the innermost function
   * @param role in the finding, for example {@code free of pfn 0x100}; empty if it has none
   * @param switched whether another task performed the event before
   * @param lock whether it takes or gives up a lock
   */
  public record Step(
      int step, String task, String operation, List<String> functions, Optional<Place> place, String role,
      boolean switched, Lock lock) {}
}
