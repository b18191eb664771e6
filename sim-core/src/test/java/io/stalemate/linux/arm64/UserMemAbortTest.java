package io.stalemate.linux.arm64;

import static org.assertj.core.api.Assertions.assertThat;

import io.stalemate.cpu.GuestInstruction;
import io.stalemate.cpu.StageTwoGeometry;
import io.stalemate.cpu.StageTwoPte;
import io.stalemate.linux.Errno;
import io.stalemate.linux.kvm.Era;
import io.stalemate.linux.kvm.KvmMemorySlot;
import io.stalemate.linux.mm.Mmap;
import io.stalemate.linux.mm.Vmscan;
import io.stalemate.machine.Access;
import io.stalemate.machine.Machine;
import io.stalemate.machine.Tlb;
import io.stalemate.machine.Tracepoint;
import io.stalemate.oracle.Ending;
import io.stalemate.sim.DirectEngine;
import io.stalemate.sim.Role;
import io.stalemate.sim.World;
import io.stalemate.sim.WorldOptions;
import io.stalemate.strategy.RandomWalk;
import io.stalemate.trace.Op;
import io.stalemate.trace.Trace;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BiFunction;
import java.util.function.Consumer;
import org.junit.jupiter.params.ParameterizedTest;

final class UserMemAbortTest {

  private static final long TOKEN = 0x77;

  private static World on(Era era, BiFunction<Machine, Era, SmallVm> make, Consumer<SmallVm> test) {
    World world = DirectEngine.world();
    world.begin(WorldOptions.of(2));
    SmallVm vm = make.apply(world.machine(), era);
    world.addTask("vcpu0", Role.VCPU, () -> test.accept(vm));
    assertThat(world.run(new RandomWalk(), 1, 100_000)).isEqualTo(Ending.QUIESCENT);
    assertThat(warnings(world.trace())).isEmpty();
    return world;
  }

  private static World on(Era era, Consumer<SmallVm> test) {
    return on(era, (m, e) -> SmallVm.of(m, e, 2), test);
  }

  private static List<String> warnings(Trace trace) {
    List<String> said = new ArrayList<>();
    for (int i = 0; i < trace.size(); i++) {
      if (trace.op(i) == Op.WARN) {
        said.add(trace.textAt((int) trace.a(i)));
      }
    }
    return said;
  }

  /** The values of the guest's loads, in order. */
  private static List<Long> loads(World world) {
    List<Long> values = new ArrayList<>();
    Trace trace = world.trace();
    for (int i = 0; i < trace.size(); i++) {
      if (is(trace, i, Tracepoint.GUEST_ACCESS_DONE) && trace.c(i) == Access.LOAD.ordinal()) {
        values.add(trace.d(i));
      }
    }
    return values;
  }

  private static int count(World world, Tracepoint point) {
    int count = 0;
    for (int i = 0; i < world.trace().size(); i++) {
      count += is(world.trace(), i, point) ? 1 : 0;
    }
    return count;
  }

  private static boolean is(Trace trace, int event, Tracepoint point) {
    return trace.op(event) == Op.TRACE && trace.point(event) == point;
  }

  @ParameterizedTest
  @EachEra
  void aStoreFaultsOnceAndIsLoadedBack(Era era) {
    World world = on(era, vm -> {
      assertThat(vm.run(0, GuestInstruction.store(3, TOKEN), GuestInstruction.load(3))).isZero();
    });
    assertThat(loads(world)).containsExactly(TOKEN);
    assertThat(count(world, Tracepoint.GUEST_ABORT)).isEqualTo(1);
    assertThat(count(world, Tracepoint.GUEST_ACCESS)).isEqualTo(2);
  }

  @ParameterizedTest
  @EachEra
  void aStoreOfOneVcpuIsLoadedByAnother(Era era) {
    World world = on(era, vm -> {
      vm.run(0, GuestInstruction.store(3, TOKEN));
      vm.run(1, GuestInstruction.load(3));
    });
    assertThat(loads(world)).containsExactly(TOKEN);
    assertThat(count(world, Tracepoint.GUEST_ABORT)).as("the second vCPU's walk finds the leaf").isEqualTo(1);
  }

  @ParameterizedTest
  @EachEra
  void aFetchAddsExecutePermission(Era era) {
    on(era, vm -> {
      assertThat(vm.run(0, GuestInstruction.load(3), GuestInstruction.fetch(3))).isZero();
      assertThat(StageTwoPte.permissions(vm.leaf(3).pte()) & Tlb.EXEC).isEqualTo(Tlb.EXEC);
    });
  }

  @ParameterizedTest
  @EachEra
  void dataSurvivesSwap(Era era) {
    World world = on(era, vm -> {
      vm.run(0, GuestInstruction.store(3, TOKEN));
      assertThat(new Vmscan(vm.mm).shrinkPage(3)).isZero();
      assertThat(vm.leaf(3).pte()).isZero();
      vm.run(0, GuestInstruction.load(3));
    });
    assertThat(loads(world)).containsExactly(TOKEN);
  }

  @ParameterizedTest
  @EachEra
  void hugePagesAreMappedAsBlocks(Era era) {
    World world = on(era, (m, e) -> SmallVm.hugetlb(m, e, 2), vm -> {
      vm.run(0, GuestInstruction.store(3, TOKEN), GuestInstruction.store(2, 0x78), GuestInstruction.load(3));
      assertThat(vm.leaf(3).level()).isEqualTo(2);
    });
    assertThat(loads(world)).containsExactly(TOKEN);
    assertThat(count(world, Tracepoint.GUEST_ABORT)).isEqualTo(1);
  }

  @ParameterizedTest
  @EachEra
  void loggingSplitsBlocksAndMarksWrites(Era era) {
    on(era, (m, e) -> SmallVm.hugetlb(m, e, 2), vm -> {
      vm.run(0, GuestInstruction.store(2, TOKEN));
      assertThat(vm.slot(KvmMemorySlot.KVM_MEM_LOG_DIRTY_PAGES)).isZero();
      assertThat(StageTwoPte.permissions(vm.leaf(2).pte()) & Tlb.WRITE).isZero();
      vm.run(0, GuestInstruction.store(3, 0x78), GuestInstruction.load(2));
      assertThat(vm.leaf(3).level()).isEqualTo(StageTwoGeometry.LAST_LEVEL);
      assertThat(StageTwoPte.permissions(vm.leaf(2).pte()) & Tlb.WRITE).isZero();
    });
  }

  @ParameterizedTest
  @EachEra
  void agedPagesTakeAnAccessFlagFault(Era era) {
    World world = on(era, vm -> {
      vm.run(0, GuestInstruction.store(3, TOKEN));
      assertThat(vm.kvm.mmuNotifier.clearFlushYoung(3, 4)).isTrue();
      assertThat(vm.kvm.mmuNotifier.testYoung(3)).isFalse();
      vm.run(1, GuestInstruction.load(3));
      assertThat(vm.kvm.mmuNotifier.testYoung(3)).isTrue();
    });
    assertThat(loads(world)).containsExactly(TOKEN);
  }

  @ParameterizedTest
  @EachEra
  void noSlotAndReadOnlyWritesAreMmio(Era era) {
    World world = on(era, vm -> {
      assertThat(vm.kvm.memoryRegions.setMemoryRegion(0, 0, 0, 0, 0)).isZero();
      vm.run(0, GuestInstruction.load(3));
      assertThat(vm.slot(KvmMemorySlot.KVM_MEM_READONLY)).isZero();
      vm.run(0, GuestInstruction.load(3), GuestInstruction.store(3, TOKEN));
    });
    assertThat(count(world, Tracepoint.VCPU_EXIT)).isEqualTo(2);
    assertThat(loads(world)).hasSize(1);
  }

  @ParameterizedTest
  @EachEra
  void fetchesAndStageOneWalksWithoutSlotAreInjected(Era era) {
    World world = on(era, vm -> {
      assertThat(vm.kvm.memoryRegions.setMemoryRegion(0, 0, 0, 0, 0)).isZero();
      vm.run(0, GuestInstruction.fetch(3), GuestInstruction.load(3).asStage1Walk());
    });
    assertThat(count(world, Tracepoint.INJECT_ABORT)).isEqualTo(2);
    assertThat(count(world, Tracepoint.VCPU_EXIT)).isZero();
  }

  @ParameterizedTest
  @EachEra
  void memoryTheHostUnmappedIsAnError(Era era) {
    on(era, vm -> {
      vm.run(0, GuestInstruction.store(3, TOKEN));
      assertThat(new Mmap(vm.mm).munmap(3, 1)).isZero();
      assertThat(vm.run(0, GuestInstruction.load(3))).isEqualTo(-Errno.EFAULT);
    });
  }

  @ParameterizedTest
  @EachEra
  void deletingTheSlotLeavesNoLeafAndOneTable(Era era) {
    on(era, vm -> {
      vm.run(0, GuestInstruction.store(3, TOKEN), GuestInstruction.store(6, 0x78));
      assertThat(vm.kvm.memoryRegions.setMemoryRegion(0, 0, 0, 0, 0)).isZero();
      assertThat(vm.leaf(3).pte() | vm.leaf(6).pte()).isZero();
    });
  }
}
