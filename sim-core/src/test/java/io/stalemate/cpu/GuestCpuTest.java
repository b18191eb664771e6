package io.stalemate.cpu;

import static org.assertj.core.api.Assertions.assertThat;

import io.stalemate.machine.Gfp;
import io.stalemate.machine.Machine;
import io.stalemate.machine.PageUse;
import io.stalemate.oracle.Ending;
import io.stalemate.sim.DirectEngine;
import io.stalemate.sim.Role;
import io.stalemate.sim.World;
import io.stalemate.sim.WorldOptions;
import io.stalemate.strategy.RandomWalk;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

final class GuestCpuTest {

  private static final StageTwoGeometry SMALL = new StageTwoGeometry(3, 1);
  private static final int VMID = 1;
  private static final long READABLE =
      StageTwoPte.S2AP_R | StageTwoPte.AF | StageTwoPte.XN | StageTwoPte.MEMATTR_NORMAL;
  private static final long TOKEN = 0x77;

  /** One CPU with an empty root table loaded. */
  private record Bench(Machine m, GuestCpu cpu, long root) {

    long attempt(GuestInstruction instruction) {
      cpu.begin(0, instruction);
      return cpu.execute(0, instruction);
    }

    long table() {
      return m.pages().alloc(PageUse.TABLE, SMALL.entries(), Gfp.KERNEL);
    }

    void set(long table, int index, long pte) {
      m.pages().words(table).at(index).writeOnce(pte);
    }
  }

  private static void on(Consumer<Bench> test) {
    World world = DirectEngine.world();
    world.begin(WorldOptions.of(1));
    Machine m = world.machine();
    world.addTask("guest", Role.VCPU, () -> {
      Bench bench = new Bench(m, new GuestCpu(m, 0, SMALL), m.pages().alloc(PageUse.TABLE, 2, Gfp.KERNEL));
      bench.cpu.loadStage2(VMID, bench.root);
      test.accept(bench);
    });
    assertThat(world.run(new RandomWalk(), 1, 10_000)).isEqualTo(Ending.QUIESCENT);
  }

  @Test
  void aMissingEntryIsATranslationFaultAtItsLevel() {
    on(bench -> {
      long esr = bench.attempt(GuestInstruction.store(3, TOKEN));
      assertThat(Syndrome.faultType(esr)).isEqualTo(Syndrome.FSC_TRANSLATION);
      assertThat(Syndrome.faultLevel(esr)).isEqualTo(1);
      assertThat(Syndrome.exceptionClass(esr)).isEqualTo(Syndrome.EC_DATA_ABORT);
      assertThat(esr & (Syndrome.WNR | Syndrome.ISV)).isEqualTo(Syndrome.WNR | Syndrome.ISV);
      long table = bench.table();
      bench.set(bench.root, 0, StageTwoPte.tableOf(table));
      assertThat(Syndrome.faultLevel(bench.attempt(GuestInstruction.load(3)))).isEqualTo(2);
      bench.set(table, 1, StageTwoPte.LOCKED);
      assertThat(Syndrome.faultLevel(bench.attempt(GuestInstruction.load(3)))).isEqualTo(2);
    });
  }

  @Test
  void anAddressOutsideTheTablesIsATranslationFault() {
    on(bench -> {
      bench.set(bench.root, 0, StageTwoPte.leafOf(0, READABLE, 1));
      assertThat(Syndrome.faultType(bench.attempt(GuestInstruction.load(8)))).isEqualTo(Syndrome.FSC_TRANSLATION);
    });
  }

  @Test
  void aBlockTranslatesEachOfItsPages() {
    on(bench -> {
      long first = userPage(bench);
      while ((first & 1) != 0) {
        first = userPage(bench);
      }
      long second = userPage(bench);
      assertThat(second).isEqualTo(first + 1);
      long table = bench.table();
      bench.set(bench.root, 0, StageTwoPte.tableOf(table));
      bench.set(table, 1, StageTwoPte.leafOf(first << 12, READABLE | StageTwoPte.S2AP_W, 2));
      assertThat(bench.attempt(GuestInstruction.store(3, TOKEN))).isZero();
      assertThat(bench.m.pages().words(second).at(0).read()).isEqualTo(TOKEN);
    });
  }

  private static long userPage(Bench bench) {
    return bench.m.pages().alloc(PageUse.USER, 1, Gfp.KERNEL);
  }

  @Test
  void permissionFaultsNameTheLevelOfTheLeafAndSurviveItsChange() {
    on(bench -> {
      long table = bench.table();
      bench.set(bench.root, 0, StageTwoPte.tableOf(table));
      long pfn = userPage(bench) & -2;
      bench.set(table, 1, StageTwoPte.leafOf(pfn << 12, READABLE, 2));
      long esr = bench.attempt(GuestInstruction.store(2, TOKEN));
      assertThat(Syndrome.faultType(esr)).isEqualTo(Syndrome.FSC_PERMISSION);
      assertThat(Syndrome.faultLevel(esr)).isEqualTo(2);
      // The denying translation is cached: without an invalidation the new permission is not seen.
      bench.set(table, 1, StageTwoPte.leafOf(pfn << 12, READABLE | StageTwoPte.S2AP_W, 2));
      assertThat(bench.attempt(GuestInstruction.store(2, TOKEN))).isEqualTo(esr);
      bench.m.tlb().tlbiIpa(VMID, 2 << 12, 2);
      bench.m.tlb().dsb();
      assertThat(bench.attempt(GuestInstruction.store(2, TOKEN))).isZero();
    });
  }

  @Test
  void aClearAccessFlagFaultsAndIsNotCached() {
    on(bench -> {
      long table = bench.table();
      bench.set(bench.root, 0, StageTwoPte.tableOf(table));
      long leaf = StageTwoPte.leafOf((userPage(bench) & -2) << 12, READABLE, 2);
      bench.set(table, 1, leaf & ~StageTwoPte.AF);
      assertThat(Syndrome.faultType(bench.attempt(GuestInstruction.load(2)))).isEqualTo(Syndrome.FSC_ACCESS_FLAG);
      bench.set(table, 1, leaf);
      assertThat(bench.attempt(GuestInstruction.load(2))).isZero();
    });
  }

  @Test
  void fetchesAreInstructionAbortsAndStageOneWalksReads() {
    on(bench -> {
      assertThat(Syndrome.instructionAbort(bench.attempt(GuestInstruction.fetch(1)))).isTrue();
      long esr = bench.attempt(GuestInstruction.store(1, TOKEN).asStage1Walk());
      assertThat(esr & (Syndrome.S1PTW | Syndrome.WNR | Syndrome.ISV)).isEqualTo(Syndrome.S1PTW);
    });
  }
}
