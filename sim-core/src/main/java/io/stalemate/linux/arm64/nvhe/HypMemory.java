package io.stalemate.linux.arm64.nvhe;

import io.stalemate.cpu.StageTwoGeometry;
import io.stalemate.machine.KernelFunction;
import io.stalemate.machine.Machine;
import io.stalemate.machine.Tracepoint;
import java.util.List;
import java.util.Optional;

/** {@code hyp_memory[]}: the hypervisor's copy of the host's memblock list, which never changes. */
public class HypMemory {

  private final List<Region> regions;

  /**
   * A {@code struct memblock_region}.
   *
   * @param start first page
   * @param end page after the last
   * @param noMap {@code MEMBLOCK_NOMAP}: carved out for firmware or devices, no business of transitions
   */
  public record Region(long start, long end, boolean noMap) {}

  /** {@code struct kvm_mem_range}: bytes, end exclusive. */
  public record Range(long start, long end) {

    /** {@code is_in_mem_range()}. */
    boolean contains(long addr) {
      return start <= addr && addr < end;
    }

    /** {@code range_included()}: whether {@code child} lies inside. */
    boolean includes(Range child) {
      return start <= child.start && child.end <= end;
    }
  }

  /** The memory {@code regions}, sorted and disjoint; all else is MMIO. */
  public HypMemory(Machine m, List<Region> regions) {
    this.regions = List.copyOf(regions);
    for (Region region : regions) {
      m.trace(Tracepoint.HYP_MEMORY, region.start, region.end, region.noMap ? 1 : 0, 0);
    }
  }

  /** The regions, sorted. */
  public List<Region> regions() {
    return regions;
  }

  /** The region that byte address {@code addr} lies in, if it is memory. */
  protected Optional<Region> findRegion(long addr) {
    return regions.stream().filter(region -> bytes(region).contains(addr)).findFirst();
  }

  /** {@code find_mem_range()}: the region, or the gap between regions, that byte address {@code addr} lies in. */
  @KernelFunction(
      value = "find_mem_range",
      file = "arch/arm64/kvm/hyp/nvhe/mem_protect.c",
      version = "v5.15-v6.12",
      elided = "the binary search")
  public Range findMemRange(long addr) {
    long gapStart = 0;
    for (Region region : regions) {
      Range range = bytes(region);
      if (range.contains(addr)) {
        return range;
      }
      if (addr < range.start) {
        return new Range(gapStart, range.start);
      }
      gapStart = range.end;
    }
    return new Range(gapStart, Long.MAX_VALUE);
  }

  /** Whether byte address {@code addr} is memory, carve-outs included. */
  @KernelFunction(
      value = "addr_is_memory",
      file = "arch/arm64/kvm/hyp/nvhe/mem_protect.c",
      version = "v5.15-v6.12")
  public boolean addrIsMemory(long addr) {
    return findRegion(addr).isPresent();
  }

  /** Whether the host may give away the page at byte address {@code addr} (43c1ff8b7501). */
  @KernelFunction(
      value = "addr_is_allowed_memory",
      file = "arch/arm64/kvm/hyp/nvhe/mem_protect.c",
      version = "v6.2-v6.12")
  public boolean addrIsAllowedMemory(long addr) {
    return findRegion(addr).filter(region -> !region.noMap).isPresent();
  }

  /** {@code range_is_memory()}: whether the bytes from {@code start} to {@code end} lie in one region. */
  boolean rangeIsMemory(long start, long end) {
    return addrIsMemory(start) && findMemRange(start).contains(end - 1);
  }

  static Range bytes(Region region) {
    return new Range(region.start << StageTwoGeometry.PAGE_SHIFT, region.end << StageTwoGeometry.PAGE_SHIFT);
  }
}
