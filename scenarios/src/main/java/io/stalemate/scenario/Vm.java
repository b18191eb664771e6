package io.stalemate.scenario;

import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/**
 * The machine, the host and the VM that the tasks find.
 *
 * @param era the kernel whose text runs unless a run asks for another, for example {@code v6.12}
 * @param eras all kernels the scenario makes sense on, on one of its systems at least; contains {@code era}
 * @param cpus number of pCPUs
 * @param frames number of page frames that the mappings may populate at the start
 * @param mappings disjoint
 * @param memslots disjoint in gfns, distinct in ids
 * @param mmio gfns that the guest may access though no memslot covers them
 * @param dirtyTracking how dirty pages are told
 * @param mte whether the CPUs have allocation tags, and the VM uses them
 * @param emulation who answers accesses that no memory answers
 * @param cpuFeatures optional features of arm64's CPUs
 * @param x86 what it has on x86 alone
 * @param guestMemfds the guest_memfds that are open when the tasks start
 * @param mmioGuard how its MMIO guard is set up, which a guest may enrol in
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
    List<AllocFailure> allocFailures,
    DirtyTracking dirtyTracking,
    boolean mte,
    MmioGuardSetup mmioGuard,
    Emulation emulation,
    Set<CpuFeature> cpuFeatures,
    X86Setup x86,
    List<GuestMemfdFile> guestMemfds) {

  /** The kernels that are modelled on one system or another, oldest first. */
  public static final List<String> ERAS = List.of("v5.15", "v6.2", "v6.8", "v6.12");

  /** The kernel taken when a file names none. */
  public static final String ERA_DEFAULT = "v6.12";

  public static final int FRAMES_DEFAULT = 64;

  /** The same with the MMIO guard of the series. */
  public Vm(
      String era,
      List<String> eras,
      int cpus,
      Geometry geometry,
      int frames,
      List<Mapping> mappings,
      List<Memslot> memslots,
      List<Long> mmio,
      List<AllocFailure> allocFailures,
      DirtyTracking dirtyTracking,
      boolean mte) {
    this(era, eras, cpus, geometry, frames, mappings, memslots, mmio, allocFailures, dirtyTracking, mte,
        MmioGuardSetup.series(), Emulation.NONE, EnumSet.noneOf(CpuFeature.class), X86Setup.DEFAULT, List.of());
  }

  public Vm {
    eras = List.copyOf(eras);
    mappings = List.copyOf(mappings);
    memslots = List.copyOf(memslots);
    mmio = List.copyOf(mmio);
    allocFailures = List.copyOf(allocFailures);
    guestMemfds = List.copyOf(guestMemfds);
    cpuFeatures = cpuFeatures.isEmpty()
        ? EnumSet.noneOf(CpuFeature.class)
        : EnumSet.copyOf(cpuFeatures);
    Limits.check("cpus", cpus, 1, Limits.CPUS);
    Limits.check("frames", frames, 1, Limits.FRAMES);
    if (!ERAS.containsAll(eras) || !eras.contains(era)) {
      throw new IllegalArgumentException("era " + era + " of " + eras + "; known: " + ERAS);
    }
  }

  /** A VM that tells dirty pages by bitmaps that GET clears. */
  public Vm(
      String era,
      List<String> eras,
      int cpus,
      Geometry geometry,
      int frames,
      List<Mapping> mappings,
      List<Memslot> memslots,
      List<Long> mmio,
      List<AllocFailure> allocFailures) {
    this(era, eras, cpus, geometry, frames, mappings, memslots, mmio, allocFailures, DirtyTracking.DEFAULT);
  }

  /** The same on CPUs without allocation tags. */
  public Vm(
      String era,
      List<String> eras,
      int cpus,
      Geometry geometry,
      int frames,
      List<Mapping> mappings,
      List<Memslot> memslots,
      List<Long> mmio,
      List<AllocFailure> allocFailures,
      DirtyTracking dirtyTracking) {
    this(era, eras, cpus, geometry, frames, mappings, memslots, mmio, allocFailures, dirtyTracking, false);
  }
}
