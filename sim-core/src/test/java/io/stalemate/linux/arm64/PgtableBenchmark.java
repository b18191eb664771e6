package io.stalemate.linux.arm64;

import io.stalemate.cpu.GuestCpu;
import io.stalemate.cpu.GuestInstruction;
import io.stalemate.cpu.StageTwoGeometry;
import io.stalemate.linux.kvm.Era;
import io.stalemate.linux.kvm.MmuMemoryCache;
import io.stalemate.machine.Gfp;
import io.stalemate.machine.PageUse;
import io.stalemate.sequential.SequentialMachine;
import java.util.Arrays;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/** What the stage-2 code costs without a world around it: 1 GiB mapped and unmapped, per page; a hardware walk. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
public class PgtableBenchmark {

  private static final StageTwoGeometry REAL = StageTwoGeometry.REAL;
  private static final long PAGE = StageTwoGeometry.PAGE_SIZE;
  private static final int PAGES = 1 << 18;
  private static final int BLOCK_PAGES = 512;
  private static final int WALKS = 1 << 12;
  private static final int VMID = 1;
  private static final long GIB = PAGES * PAGE;

  @Param({"V5_15", "V6_12"})
  Era era;

  // More than the TLB has slots: when a round begins, none of its first are cached any more.
  private final GuestInstruction[] loads = new GuestInstruction[WALKS];
  private SequentialMachine machine;
  private KvmTlb tlb;
  private MmuMemoryCache cache;
  private KvmPgtable blocks;
  private KvmPgtable pages;
  private KvmPgtable mapped;
  private GuestCpu cpu;

  /** Makes the tables: one per benchmark, and one that stays mapped for walks. */
  @Setup(Level.Trial)
  public void tables() {
    machine = new SequentialMachine(1);
    tlb = new KvmTlb(machine, true);
    cache = new MmuMemoryCache(machine, 0, REAL.entries(), 40);
    blocks = table(false);
    pages = table(true);
    mapped = table(true);
    mapToUserPages();
    cpu = new GuestCpu(machine, 0, REAL);
    cpu.loadStage2(VMID, mapped.pgd());
    Arrays.setAll(loads, i -> GuestInstruction.load((long) i * 61 % PAGES));
  }

  private KvmPgtable table(boolean forcePte) {
    TablePages mmOps = new TablePages(machine, REAL);
    long pgd = mmOps.zallocPagesExact();
    return switch (era) {
      case V5_15 -> new KvmPgtableV515(mmOps, tlb, VMID, pgd, true, 0, (addr, end, prot) -> forcePte);
      case V6_2 -> new KvmPgtableV62(mmOps, tlb, VMID, pgd, true, 0, (addr, end, prot) -> forcePte);
      case V6_8, V6_12 -> new KvmPgtableV612(mmOps, tlb, VMID, pgd, true, 0, (addr, end, prot) -> forcePte);
    };
  }

  private void mapToUserPages() {
    long[] pfns = new long[BLOCK_PAGES];
    Arrays.setAll(pfns, i -> machine.pages().alloc(PageUse.USER, 1, Gfp.KERNEL));
    for (int gfn = 0; gfn < PAGES; gfn++) {
      checked(cache.topup(3));
      checked(mapped.stage2Map(gfn * PAGE, PAGE, pfns[gfn % BLOCK_PAGES] * PAGE, PgtableProt.RWX, cache, 0));
    }
  }

  /** Maps 1 GiB in steps, each with a cache that was filled, as faults do. */
  private int mapEach(KvmPgtable pgt, int step) {
    int failed = 0;
    int flags = era == Era.V5_15 ? 0 : PgtableWalker.SHARED | PgtableWalker.HANDLE_FAULT;
    for (long at = 0; at < GIB; at += step * PAGE) {
      failed |= cache.topup(3);
      failed |= pgt.stage2Map(at, step * PAGE, GIB + at, PgtableProt.RWX, cache, flags);
    }
    return failed;
  }

  private static int checked(int ret) {
    if (ret != 0) {
      throw new IllegalStateException("errno " + ret);
    }
    return ret;
  }

  /** One fault a page. */
  @Benchmark
  @OperationsPerInvocation(PAGES)
  public int mapPagesAndUnmap() {
    return checked(mapEach(pages, 1) | pages.stage2Unmap(0, GIB));
  }

  /** 32 pages at a time, as far as a cache reaches. */
  @Benchmark
  @OperationsPerInvocation(PAGES)
  public int mapRunsOfPagesAndUnmap() {
    return checked(mapEach(pages, 32) | pages.stage2Unmap(0, GIB));
  }

  /** One fault a block of 2 MiB; per block. */
  @Benchmark
  @OperationsPerInvocation(PAGES / BLOCK_PAGES)
  public int mapBlocksAndUnmap() {
    return checked(mapEach(blocks, BLOCK_PAGES) | blocks.stage2Unmap(0, GIB));
  }

  /** Loads that all miss: a walk each. */
  @Benchmark
  @OperationsPerInvocation(WALKS)
  public long walk() {
    long esr = 0;
    for (int i = 0; i < WALKS; i++) {
      esr |= cpu.execute(0, loads[i]);
    }
    return esr;
  }

  /** Loads that all hit, but the first. */
  @Benchmark
  @OperationsPerInvocation(WALKS)
  public long hit() {
    long esr = 0;
    for (int i = 0; i < WALKS; i++) {
      esr |= cpu.execute(0, loads[0]);
    }
    return esr;
  }

}
