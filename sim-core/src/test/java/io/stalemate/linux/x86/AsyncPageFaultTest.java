package io.stalemate.linux.x86;

import static org.assertj.core.api.Assertions.assertThat;

import io.stalemate.cpu.GuestInstruction;
import io.stalemate.linux.kvm.Era;
import io.stalemate.linux.mm.Vmscan;
import io.stalemate.machine.PageUse;
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
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Faults that need I/O: the worker brings the page in, the vCPU replays. */
class AsyncPageFaultTest {

  private static final X86Vm VM = new X86Vm(VmType.DEFAULT, true, false, true, true, true, -1, 0);

  private final World world = DirectEngine.world();

  /** A VM whose page 1 is swapped out, in a new run. */
  private SmallX86Vm vm(Era era) {
    world.begin(new WorldOptions(2, false, List.of()));
    SmallX86Vm vm = new SmallX86Vm(world.machine(), X86Text.of(era, SmallX86Vm.GEOMETRY, VM), 0);
    world.addTask("vcpu", Role.VCPU, () -> {
      vm.run(0, GuestInstruction.store(1, 7));
      assertThat(new Vmscan(vm.mm).shrinkPage(1)).isZero();
      vm.run(0, GuestInstruction.store(1, 8), GuestInstruction.load(1));
      vm.destroy(0);
    });
    world.addTask("worker", Role.ASYNC_PF, () -> vm.mmu.asyncPf.worker());
    return vm;
  }

  /** Ids are numbers of tasks: neither from 0 nor without gaps. */
  @Test
  void worksAreTheirVcpusWhateverItsId() {
    int done = 0;
    for (long seed = 0; seed < 50; seed++) {
      world.begin(new WorldOptions(4, false, List.of()));
      SmallX86Vm vm = new SmallX86Vm(world.machine(), X86Text.of(Era.V6_12, SmallX86Vm.GEOMETRY, VM), 1, 3);
      for (int number = 0; number < 2; number++) {
        int it = number;
        world.addTask("vcpu" + it, Role.VCPU, () -> {
          vm.run(it, GuestInstruction.store(it, 7));
          assertThat(new Vmscan(vm.mm).shrinkPage(it)).isZero();
          vm.run(it, GuestInstruction.store(it, 8));
          vm.destroy(it);
        });
      }
      world.addTask("worker", Role.ASYNC_PF, () -> vm.mmu.asyncPf.worker());
      assertThat(world.run(new RandomWalk(), seed, 20_000)).as("seed %d", seed).isEqualTo(Ending.QUIESCENT);
      assertThat(of(Tracepoint.ASYNC_PF_SETUP)).as("seed %d", seed).containsExactlyInAnyOrder("1,0,1,0", "3,1,1,0");
      done += of(Tracepoint.ASYNC_PF_DONE).size();
    }
    assertThat(done).isEqualTo(2 * 50);
  }

  private List<String> of(Tracepoint point) {
    Trace trace = world.trace();
    List<String> events = new ArrayList<>();
    for (int i = 0; i < trace.size(); i++) {
      if (trace.op(i) == Op.TRACE && trace.point(i) == point) {
        events.add(trace.a(i) + "," + trace.b(i) + "," + trace.c(i) + "," + trace.d(i));
      }
    }
    return events;
  }

  @ParameterizedTest
  @CsvSource({"V6_8, 0", "V6_12, " + PfErrorCode.WRITE})
  void theReplayKnowsOfTheFaultWhatItsEraKeeps(Era era, long bits) {
    int replayed = 0;
    for (long seed = 0; seed < 200; seed++) {
      vm(era);
      assertThat(world.run(new RandomWalk(), seed, 20_000)).as("seed %d", seed).isEqualTo(Ending.QUIESCENT);
      assertThat(of(Tracepoint.ASYNC_PF_SETUP)).as("seed %d", seed).containsExactly("0,1,1,0");
      assertThat(of(Tracepoint.ASYNC_PF_DONE)).as("seed %d", seed).containsExactly("0,1,1,0");
      List<String> ready = of(Tracepoint.ASYNC_PF_READY);
      replayed += ready.size();
      for (String event : ready) {
        long errorCode = Long.parseLong(event.split(",")[2]);
        assertThat(errorCode & PfErrorCode.WRITE).as("seed %d", seed).isEqualTo(bits);
      }
    }
    assertThat(replayed).isPositive();
  }

  @ParameterizedTest
  @EnumSource(names = {"V6_8", "V6_12"})
  void whatAVcpuAndTheWorkerAllocateIsFreed(Era era) {
    for (long seed = 0; seed < 200; seed++) {
      vm(era);
      assertThat(world.run(new RandomWalk(), seed, 20_000)).isEqualTo(Ending.QUIESCENT);
      Trace trace = world.trace();
      List<Long> kernel = new ArrayList<>();
      for (int i = 0; i < trace.size(); i++) {
        if (trace.op(i) == Op.PAGE_ALLOC && trace.b(i) == PageUse.KERNEL.ordinal()) {
          kernel.add(trace.a(i));
        } else if (trace.op(i) == Op.PAGE_FREE) {
          kernel.remove(Long.valueOf(trace.a(i)));
        }
      }
      assertThat(kernel).as("seed %d", seed).isEmpty();
    }
  }
}
