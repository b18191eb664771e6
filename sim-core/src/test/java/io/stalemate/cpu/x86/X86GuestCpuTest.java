package io.stalemate.cpu.x86;

import static org.assertj.core.api.Assertions.assertThat;

import io.stalemate.cpu.GuestInstruction;
import io.stalemate.machine.Gfp;
import io.stalemate.machine.Machine;
import io.stalemate.machine.PageUse;
import io.stalemate.machine.Word;
import io.stalemate.oracle.Ending;
import io.stalemate.sim.DirectEngine;
import io.stalemate.sim.Role;
import io.stalemate.sim.World;
import io.stalemate.sim.WorldOptions;
import io.stalemate.strategy.RandomWalk;
import java.util.Optional;
import java.util.function.BiFunction;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

final class X86GuestCpuTest {

  private static final EptGeometry SMALL = new EptGeometry(3, 1);
  private static final long FULL = EptPte.RWX | EptPte.MEMORY_TYPE_WB;
  private static final long TABLE = FULL | EptPte.ACCESSED;
  private static final long TOKEN = 0x77;

  /** One CPU with an empty root table loaded. */
  private record Bench(Machine m, X86GuestCpu cpu, long root) {

    long attempt(GuestInstruction instruction) {
      cpu.begin(0, instruction);
      return cpu.execute(0, instruction);
    }

    long table() {
      return m.pages().alloc(PageUse.TABLE, SMALL.entries(), Gfp.KERNEL);
    }

    long page() {
      return m.pages().alloc(PageUse.USER, 1, Gfp.KERNEL);
    }

    Word entry(long table, int index) {
      return m.pages().words(table).at(index);
    }

    /** Gives gfn 3 the entries {@code upper}, {@code middle} and {@code leaf} with their addresses; yields the last. */
    Word mapThree(long upper, long middle, long leaf, long pfn) {
      long second = table();
      long third = table();
      entry(root, 0).writeOnce(upper | EptPte.address(second));
      entry(second, 1).writeOnce(middle | EptPte.address(third));
      entry(third, 1).writeOnce(leaf | EptPte.address(pfn));
      return entry(third, 1);
    }
  }

  private static void on(BiFunction<Machine, Integer, X86GuestCpu> maker, Consumer<Bench> test) {
    World world = DirectEngine.world();
    world.begin(WorldOptions.of(1));
    Machine m = world.machine();
    world.addTask("guest", Role.VCPU, () -> {
      Bench bench = new Bench(m, maker.apply(m, 0), m.pages().alloc(PageUse.TABLE, SMALL.entries(), Gfp.KERNEL));
      bench.cpu.loadEptp(bench.root);
      test.accept(bench);
    });
    assertThat(world.run(new RandomWalk(), 1, 10_000)).isEqualTo(Ending.QUIESCENT);
  }

  private static X86GuestCpu withFlags(Machine m, int cpu) {
    return new X86GuestCpu(m, cpu, SMALL, true, Optional.empty(), Optional.empty());
  }

  private static X86GuestCpu withoutFlags(Machine m, int cpu) {
    return new X86GuestCpu(m, cpu, SMALL, false, Optional.empty(), Optional.empty());
  }

  private static long violation(long access, long granted) {
    long translated = VmExit.QUAL_GVA_IS_VALID | VmExit.QUAL_GVA_TRANSLATED;
    return VmExit.of(VmExit.EPT_VIOLATION) | access | granted << 3 | translated;
  }

  @Test
  void aMissingEntryIsAViolationThatGrantsNothing() {
    on(X86GuestCpuTest::withFlags, bench -> {
      assertThat(bench.attempt(GuestInstruction.store(3, TOKEN))).isEqualTo(violation(VmExit.QUAL_WRITE, 0));
      assertThat(bench.attempt(GuestInstruction.load(3))).isEqualTo(violation(VmExit.QUAL_READ, 0));
      assertThat(bench.attempt(GuestInstruction.fetch(3))).isEqualTo(violation(VmExit.QUAL_INSTR, 0));
      bench.mapThree(TABLE, TABLE, 0x5a0, bench.page());
      assertThat(bench.attempt(GuestInstruction.load(3))).as("a frozen entry")
          .isEqualTo(violation(VmExit.QUAL_READ, 0));
    });
  }

  @Test
  void anAddressThatTheTablesDoNotReachIsAViolation() {
    on(X86GuestCpuTest::withFlags, bench -> {
      bench.entry(bench.root, 0).writeOnce(FULL | EptPte.LARGE);
      assertThat(bench.attempt(GuestInstruction.load(8))).isEqualTo(violation(VmExit.QUAL_READ, 0));
    });
  }

  @Test
  void aWalkInATableOfTheGuestsIsNoFinalAccess() {
    on(X86GuestCpuTest::withFlags, bench -> assertThat(bench.attempt(GuestInstruction.store(1, TOKEN).walkingIn(3)))
        .isEqualTo(VmExit.of(VmExit.EPT_VIOLATION) | VmExit.QUAL_READ | VmExit.QUAL_GVA_IS_VALID));
  }

  @Test
  void aWritableEntryThatIsNotReadableIsAMisconfiguration() {
    on(X86GuestCpuTest::withFlags, bench -> {
      bench.mapThree(TABLE, TABLE, EptPte.WRITE | EptPte.EXEC, 5);
      assertThat(bench.attempt(GuestInstruction.load(3))).isEqualTo(VmExit.of(VmExit.EPT_MISCONFIG));
      assertThat(VmExit.reason(VmExit.of(VmExit.EPT_MISCONFIG))).isEqualTo(49);
    });
  }

  @Test
  void everyEntryOfTheWalkHasToGrantTheAccess() {
    on(X86GuestCpuTest::withoutFlags, bench -> {
      bench.mapThree(FULL, FULL & ~EptPte.WRITE, FULL, bench.page());
      assertThat(bench.attempt(GuestInstruction.store(3, TOKEN)))
          .isEqualTo(violation(VmExit.QUAL_WRITE, EptPte.READ | EptPte.EXEC));
      assertThat(bench.attempt(GuestInstruction.load(3))).isEqualTo(X86GuestCpu.DONE);
      assertThat(bench.attempt(GuestInstruction.store(3, TOKEN))).as("from the TLB neither")
          .isEqualTo(violation(VmExit.QUAL_WRITE, EptPte.READ | EptPte.EXEC));
    });
  }

  @Test
  void aHugePageTranslatesEachOfItsPages() {
    on(X86GuestCpuTest::withoutFlags, bench -> {
      long first = bench.page();
      while ((first & 1) != 0) {
        first = bench.page();
      }
      long second = bench.page();
      assertThat(second).isEqualTo(first + 1);
      long table = bench.table();
      bench.entry(bench.root, 0).writeOnce(FULL | EptPte.address(table));
      bench.entry(table, 1).writeOnce(FULL | EptPte.LARGE | EptPte.address(first));
      assertThat(bench.attempt(GuestInstruction.store(3, TOKEN))).isEqualTo(X86GuestCpu.DONE);
      assertThat(bench.m.pages().words(second).at(0).read()).isEqualTo(TOKEN);
    });
  }

  @Test
  void theFirstLoadSetsTheAccessedFlagAndTheFirstStoreTheDirtyFlag() {
    on(X86GuestCpuTest::withFlags, bench -> {
      long pfn = bench.page();
      Word leaf = bench.mapThree(TABLE, FULL, FULL, pfn);
      assertThat(bench.attempt(GuestInstruction.load(3))).isEqualTo(X86GuestCpu.DONE);
      assertThat(leaf.readOnce()).isEqualTo(FULL | EptPte.ACCESSED | EptPte.address(pfn));
      long middle = EptPte.pfn(bench.entry(bench.root, 0).readOnce());
      assertThat(bench.entry(middle, 1).readOnce() & (EptPte.ACCESSED | EptPte.DIRTY))
          .as("tables are used, and never dirty").isEqualTo(EptPte.ACCESSED);
      assertThat(bench.attempt(GuestInstruction.store(3, TOKEN))).isEqualTo(X86GuestCpu.DONE);
      assertThat(leaf.readOnce()).isEqualTo(FULL | EptPte.ACCESSED | EptPte.DIRTY | EptPte.address(pfn));
    });
  }

  @Test
  void aStoreThroughACachedTranslationThatWasDirtySetsNothing() {
    on(X86GuestCpuTest::withFlags, bench -> {
      Word leaf = bench.mapThree(TABLE, TABLE, FULL, bench.page());
      assertThat(bench.attempt(GuestInstruction.store(3, TOKEN))).isEqualTo(X86GuestCpu.DONE);
      leaf.fetchAnd(~EptPte.DIRTY);
      assertThat(bench.attempt(GuestInstruction.store(3, TOKEN))).isEqualTo(X86GuestCpu.DONE);
      assertThat(leaf.readOnce() & EptPte.DIRTY).as("whoever clears the flag has to flush").isZero();
      bench.m.tlb().invept(0, (int) bench.root);
      assertThat(bench.attempt(GuestInstruction.store(3, TOKEN))).isEqualTo(X86GuestCpu.DONE);
      assertThat(leaf.readOnce() & EptPte.DIRTY).isEqualTo(EptPte.DIRTY);
    });
  }

  @Test
  void withoutAccessedAndDirtyFlagsNoEntryChanges() {
    on(X86GuestCpuTest::withoutFlags, bench -> {
      long pfn = bench.page();
      Word leaf = bench.mapThree(FULL, FULL, FULL, pfn);
      assertThat(bench.attempt(GuestInstruction.load(3))).isEqualTo(X86GuestCpu.DONE);
      assertThat(bench.attempt(GuestInstruction.store(3, TOKEN))).isEqualTo(X86GuestCpu.DONE);
      assertThat(leaf.readOnce()).isEqualTo(FULL | EptPte.address(pfn));
    });
  }

  @Test
  void anotherRootHasItsOwnTranslations() {
    on(X86GuestCpuTest::withFlags, bench -> {
      bench.mapThree(TABLE, TABLE, FULL, bench.page());
      assertThat(bench.attempt(GuestInstruction.load(3))).isEqualTo(X86GuestCpu.DONE);
      bench.cpu.loadEptp(bench.table());
      assertThat(bench.attempt(GuestInstruction.load(3))).isEqualTo(violation(VmExit.QUAL_READ, 0));
      bench.cpu.loadEptp(bench.root);
      bench.entry(bench.root, 0).writeOnce(0);
      assertThat(bench.attempt(GuestInstruction.load(3))).as("still cached").isEqualTo(X86GuestCpu.DONE);
    });
  }

  @Test
  void whatBecomesDirtyIsLoggedUntilTheLogIsFull() {
    PmlBuffer[] log = new PmlBuffer[1];
    on((m, cpu) -> {
      log[0] = new PmlBuffer(m, 0);
      return new X86GuestCpu(m, cpu, SMALL, true, Optional.empty(), Optional.of(log[0]));
    }, bench -> {
      PmlBuffer pml = log[0];
      Word leaf = bench.mapThree(TABLE, TABLE, FULL, bench.page());
      assertThat(bench.attempt(GuestInstruction.load(3))).isEqualTo(X86GuestCpu.DONE);
      assertThat(pml.index()).as("a load is not logged").isEqualTo(PmlBuffer.ENTRIES - 1);
      for (int i = PmlBuffer.ENTRIES - 1; i >= 0; i--) {
        assertThat(bench.attempt(GuestInstruction.store(3, TOKEN))).isEqualTo(X86GuestCpu.DONE);
        assertThat(pml.index()).isEqualTo(i - 1);
        assertThat(pml.gfn(i)).isEqualTo(3);
        leaf.fetchAnd(~EptPte.DIRTY);
        bench.m.tlb().invept(0, (int) bench.root);
      }
      assertThat(bench.attempt(GuestInstruction.store(3, TOKEN))).isEqualTo(VmExit.of(VmExit.PML_FULL));
      assertThat(leaf.readOnce() & EptPte.DIRTY).as("no flag without its entry in the log").isZero();
      pml.reset();
      assertThat(bench.attempt(GuestInstruction.store(3, TOKEN))).isEqualTo(X86GuestCpu.DONE);
    });
  }

  @Test
  void anSnpGuestsFaultsAreNestedPageFaults() {
    on((m, cpu) -> new X86GuestCpu(m, cpu, SMALL, true, Optional.of(new Rmp(m)), Optional.empty()), bench -> {
      long missing = VmExit.of(VmExit.NPF) | VmExit.NPF_USER | VmExit.NPF_FINAL;
      assertThat(bench.attempt(GuestInstruction.load(3))).isEqualTo(missing);
      assertThat(bench.attempt(GuestInstruction.store(3, TOKEN).asPrivate()))
          .isEqualTo(missing | VmExit.NPF_WRITE | VmExit.NPF_ENC);
      assertThat(bench.attempt(GuestInstruction.fetch(3).asPrivate()))
          .isEqualTo(missing | VmExit.NPF_FETCH | VmExit.NPF_ENC);
      Word leaf = bench.mapThree(TABLE, TABLE, EptPte.WRITE, 5);
      assertThat(bench.attempt(GuestInstruction.load(3)))
          .isEqualTo(missing | VmExit.NPF_PRESENT | VmExit.NPF_RSVD);
      leaf.writeOnce(EptPte.READ | EptPte.address(bench.page()));
      assertThat(bench.attempt(GuestInstruction.store(3, TOKEN)))
          .isEqualTo(missing | VmExit.NPF_PRESENT | VmExit.NPF_WRITE);
    });
  }

  @Test
  void theReverseMapTableHasToAgreeWithTheAccess() {
    Rmp[] table = new Rmp[1];
    on((m, cpu) -> {
      table[0] = new Rmp(m);
      return new X86GuestCpu(m, cpu, SMALL, true, Optional.of(table[0]), Optional.empty());
    }, bench -> {
      long pfn = bench.page();
      bench.mapThree(TABLE, TABLE, FULL, pfn);
      GuestInstruction shared = GuestInstruction.load(3);
      long denied = VmExit.of(VmExit.NPF) | VmExit.NPF_USER | VmExit.NPF_FINAL | VmExit.NPF_PRESENT | VmExit.NPF_RMP;
      assertThat(bench.attempt(shared.asPrivate())).isEqualTo(denied | VmExit.NPF_ENC);
      assertThat(bench.attempt(shared)).isEqualTo(X86GuestCpu.DONE);
      table[0].update(pfn, true);
      assertThat(table[0].assigned(pfn)).isTrue();
      assertThat(bench.attempt(shared)).as("checked when it was filled").isEqualTo(X86GuestCpu.DONE);
      assertThat(bench.attempt(shared.asPrivate())).as("cached apart").isEqualTo(X86GuestCpu.DONE);
      bench.m.tlb().invept(0, (int) bench.root * 2);
      assertThat(bench.attempt(shared)).isEqualTo(denied);
      table[0].update(pfn, false);
      assertThat(bench.attempt(shared)).isEqualTo(X86GuestCpu.DONE);
    });
  }
}
