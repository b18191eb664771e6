package io.stalemate.scenario;

import java.util.List;

/**
 * One task of a scenario.
 *
 * @param name unique in the scenario
 * @param cpu the pCPU of a vCPU or a host CPU, from 0; {@link #NO_CPU} for the other kinds, which run anywhere
 * @param actions done in order; conditions name them by their index in this list
 */
public record Task(String name, TaskKind kind, int cpu, List<Repeated> actions) {

  /** In place of a pCPU. */
  public static final int NO_CPU = -1;

  public Task {
    Limits.check(name);
    actions = List.copyOf(actions);
    Limits.check("actions", actions.size(), kind.hasActions() ? 1 : 0, kind.hasActions() ? Limits.ACTIONS_PER_TASK : 0);
    Limits.check("cpu", cpu, kind.hasCpu() ? 0 : NO_CPU, kind.hasCpu() ? Limits.CPUS - 1 : NO_CPU);
    for (Repeated repeated : actions) {
      if (!repeated.action().kind().doneBy(kind)) {
        throw new IllegalArgumentException(repeated.action() + " by a task of kind " + kind.word());
      }
    }
  }
}
