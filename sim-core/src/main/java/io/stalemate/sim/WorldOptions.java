package io.stalemate.sim;

import io.stalemate.machine.PageUse;
import java.util.List;

/**
 * What a scenario decides about its machine.
 *
 * @param cpus number of physical CPUs, each with a TLB
 * @param plainAccessesAreChoices whether the strategy may switch before plain accesses too
 * @param failures allocations that fail
 */
public record WorldOptions(int cpus, boolean plainAccessesAreChoices, List<AllocationFailure> failures) {

  /** The {@code nth} allocation (from 1) for {@code use} fails, not counting those while the world is set up. */
  public record AllocationFailure(PageUse use, int nth) {}

  /** Takes a copy. */
  public WorldOptions {
    failures = List.copyOf(failures);
  }

  /** A machine of {@code cpus} CPUs on which every allocation succeeds. */
  public static WorldOptions of(int cpus) {
    return new WorldOptions(cpus, false, List.of());
  }

  /** Yields the same machine with plain accesses as choices, or not. */
  public WorldOptions withPlainAccessesAsChoices(boolean choices) {
    return new WorldOptions(cpus, choices, failures);
  }
}
