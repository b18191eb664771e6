package io.stalemate.scenario;

import java.util.List;

/**
 * The machine, the host and the VM that the tasks find.
 *
 * @param era the kernel whose text runs unless a run asks for another, for example {@code v6.12}
 * @param eras all kernels the scenario makes sense on; contains {@code era}
 * @param cpus number of pCPUs
 * @param frames number of page frames that the mappings may populate at the start
 * @param mappings disjoint
 * @param memslots disjoint in gfns, distinct in ids
 * @param mmio gfns that the guest may access though no memslot covers them
 */
public record Vm(
    String era,
    List<String> eras,
    int cpus,
    Geometry geometry,
    int frames,
    List<Mapping> mappings,
    List<Memslot> memslots,
    List<Long> mmio,
    List<AllocFailure> allocFailures) {

  /** The kernels that are modelled, oldest first. */
  public static final List<String> ERAS = List.of("v5.15", "v6.2", "v6.12");

  /** The kernel taken when a file names none. */
  public static final String ERA_DEFAULT = "v6.12";

  public static final int FRAMES_DEFAULT = 64;

  public Vm {
    eras = List.copyOf(eras);
    mappings = List.copyOf(mappings);
    memslots = List.copyOf(memslots);
    mmio = List.copyOf(mmio);
    allocFailures = List.copyOf(allocFailures);
    Limits.check("cpus", cpus, 1, Limits.CPUS);
    Limits.check("frames", frames, 1, Limits.FRAMES);
    if (!ERAS.containsAll(eras) || !eras.contains(era)) {
      throw new IllegalArgumentException("era " + era + " of " + eras + "; known: " + ERAS);
    }
  }
}
