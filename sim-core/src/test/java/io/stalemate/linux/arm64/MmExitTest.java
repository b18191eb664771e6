package io.stalemate.linux.arm64;

import static org.assertj.core.api.Assertions.assertThat;

import io.stalemate.cpu.GuestInstruction;
import io.stalemate.linux.kvm.Era;
import io.stalemate.linux.kvm.MmuNotifier;
import io.stalemate.machine.PageUse;
import io.stalemate.oracle.Ending;
import io.stalemate.sim.DirectEngine;
import io.stalemate.sim.Role;
import io.stalemate.sim.World;
import io.stalemate.sim.WorldOptions;
import io.stalemate.strategy.RandomWalk;
import io.stalemate.trace.Op;
import io.stalemate.trace.Trace;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.function.Consumer;
import org.junit.jupiter.params.ParameterizedTest;

/** What is left of stage 2 when the VMM's address space goes. */
final class MmExitTest {

  private static Trace on(Era era, Consumer<SmallVm> test) {
    World world = DirectEngine.world();
    world.begin(WorldOptions.of(1));
    SmallVm vm = SmallVm.of(world.machine(), era, 1);
    world.addTask("vmm", Role.VCPU, () -> test.accept(vm));
    assertThat(world.run(new RandomWalk(), 1, 100_000)).isEqualTo(Ending.QUIESCENT);
    Trace trace = world.trace();
    for (int event = 0; event < trace.size(); event++) {
      assertThat(trace.op(event)).isNotEqualTo(Op.WARN);
    }
    return trace;
  }

  /** Frames of stage-2 tables that were never given back. */
  private static SortedSet<Long> tables(Trace trace) {
    SortedSet<Long> tables = new TreeSet<>();
    for (int event = 0; event < trace.size(); event++) {
      if (trace.op(event) == Op.PAGE_ALLOC && trace.b(event) == PageUse.TABLE.ordinal()) {
        tables.add(trace.a(event));
      } else if (trace.op(event) == Op.PAGE_FREE) {
        tables.remove(trace.a(event));
      }
    }
    return tables;
  }

  private static void runs(SmallVm vm) {
    vm.run(0, GuestInstruction.store(3, 0x77), GuestInstruction.load(6));
    vm.kvm.vcpus().getFirst().mmuPageCache.free();
  }

  @ParameterizedTest
  @EachEra
  void everyTableGoes(Era era) {
    assertThat(tables(on(era, MmExitTest::runs))).isNotEmpty();
    Trace trace = on(era, vm -> {
      runs(vm);
      vm.kvm.mmuNotifier.release();
      assertThat(vm.arch.mmu().pgtIsSet()).isFalse();
    });
    assertThat(tables(trace)).isEmpty();
  }

  @ParameterizedTest
  @EachEra
  void callbacksThatComeLaterFindNothing(Era era) {
    on(era, vm -> {
      runs(vm);
      MmuNotifier notifier = vm.kvm.mmuNotifier;
      notifier.release();
      notifier.release();
      assertThat(notifier.clearFlushYoung(0, SmallVm.PAGES)).isFalse();
      assertThat(notifier.testYoung(3)).isFalse();
      assertThat(notifier.invalidateRangeStart(0, SmallVm.PAGES, true)).isZero();
      notifier.invalidateRangeEnd(0, SmallVm.PAGES);
      assertThat(vm.slot(0)).isZero();
    });
  }
}
