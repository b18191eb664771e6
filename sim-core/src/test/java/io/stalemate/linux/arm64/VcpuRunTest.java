package io.stalemate.linux.arm64;

import static org.assertj.core.api.Assertions.assertThat;

import io.stalemate.cpu.GuestInstruction;
import io.stalemate.linux.kvm.Era;
import io.stalemate.linux.kvm.ExitReason;
import io.stalemate.linux.kvm.Requests;
import io.stalemate.oracle.Ending;
import io.stalemate.sim.DirectEngine;
import io.stalemate.sim.Role;
import io.stalemate.sim.World;
import io.stalemate.sim.WorldOptions;
import io.stalemate.strategy.RandomWalk;
import io.stalemate.trace.Op;
import org.junit.jupiter.api.Test;

final class VcpuRunTest {

  @Test
  void aRequestThatWaitsIsNeverMissedAndNeverHangs() {
    World world = DirectEngine.world();
    int kicked = 0;
    for (long seed = 0; seed < 2000; seed++) {
      world.begin(WorldOptions.of(1));
      SmallVm vm = SmallVm.of(world.machine(), Era.V6_12, 1);
      world.addTask("vcpu0", Role.VCPU, () ->
          vm.run(0, GuestInstruction.store(3, 1), GuestInstruction.load(3), GuestInstruction.load(3)));
      world.addTask("ioctl", Role.MEMSLOT, () -> vm.kvm.requests.makeAllCpusRequest(Requests.KVM_REQ_TLB_FLUSH));
      assertThat(world.run(new RandomWalk(), seed, 20_000)).as("seed %d", seed).isEqualTo(Ending.QUIESCENT);
      for (int i = 0; i < world.trace().size(); i++) {
        kicked += world.trace().op(i) == Op.IPI_SEND ? 1 : 0;
      }
    }
    assertThat(kicked).as("some schedules interrupt the guest").isPositive();
  }

  @Test
  void aDeadVmDoesNotEnterTheGuest() {
    World world = DirectEngine.world();
    world.begin(WorldOptions.of(1));
    SmallVm vm = SmallVm.of(world.machine(), Era.V6_12, 1);
    world.addTask("vcpu0", Role.VCPU, () -> {
      vm.kvm.requests.makeAllCpusRequest(Requests.KVM_REQ_VM_DEAD);
      assertThat(vm.run(0, GuestInstruction.load(3))).isNegative();
      assertThat(vm.vcpus.get(0).run().exitReason()).isEqualTo(ExitReason.ERROR);
    });
    assertThat(world.run(new RandomWalk(), 1, 1000)).isEqualTo(Ending.QUIESCENT);
  }
}
