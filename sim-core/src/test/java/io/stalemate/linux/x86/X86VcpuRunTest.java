package io.stalemate.linux.x86;

import static org.assertj.core.api.Assertions.assertThat;

import io.stalemate.cpu.GuestInstruction;
import io.stalemate.linux.Errno;
import io.stalemate.linux.kvm.Era;
import io.stalemate.linux.kvm.ExitReason;
import io.stalemate.linux.kvm.KvmMemorySlot;
import io.stalemate.linux.kvm.MemAttributes;
import io.stalemate.linux.kvm.Requests;
import io.stalemate.machine.Access;
import io.stalemate.machine.Tlb;
import io.stalemate.oracle.Ending;
import io.stalemate.sim.DirectEngine;
import io.stalemate.sim.Role;
import io.stalemate.sim.World;
import io.stalemate.sim.WorldOptions;
import io.stalemate.strategy.RandomWalk;
import io.stalemate.trace.Op;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

final class X86VcpuRunTest {

  private static final X86Vm PML = new X86Vm(VmType.DEFAULT, true, true, true, true, false, -1, 0);

  private static X86Text text(Era era, X86Vm vm) {
    return X86Text.of(era, SmallX86Vm.GEOMETRY, vm);
  }

  private static World alone(X86Text text, Consumer<SmallX86Vm> test) {
    World world = DirectEngine.world();
    world.begin(WorldOptions.of(1));
    SmallX86Vm vm = new SmallX86Vm(world.machine(), text, 0);
    world.addTask("vcpu0", Role.VCPU, () -> test.accept(vm));
    assertThat(world.run(new RandomWalk(), 1, 10_000)).isEqualTo(Ending.QUIESCENT);
    return world;
  }

  private static int count(World world, Op op) {
    int count = 0;
    for (int i = 0; i < world.trace().size(); i++) {
      count += world.trace().op(i) == op ? 1 : 0;
    }
    return count;
  }

  @ParameterizedTest
  @EnumSource(names = {"V6_8", "V6_12"})
  void aProgramRunsThroughItsFaults(Era era) {
    alone(text(era, X86Vm.DEFAULT), vm -> {
      assertThat(vm.run(0, GuestInstruction.load(3), GuestInstruction.store(3, 7), GuestInstruction.fetch(4))).isZero();
      assertThat(vm.vcpuRun(0).run().exitReason()).isEqualTo(ExitReason.SYSTEM_EVENT);
      vm.destroy(0);
    });
  }

  @Test
  void anAccessWithoutMemoryIsTheVmmsAndTheGuestGoesOnBehindIt() {
    alone(text(Era.V6_12, X86Vm.DEFAULT), vm -> {
      vm.kvm.memoryRegions.setMemoryRegion(0, 0, 0, 0, 0);
      assertThat(vm.run(0, GuestInstruction.load(3), GuestInstruction.load(3))).isZero();
      assertThat(vm.vcpuRun(0).run().mmioPhysAddr()).isEqualTo(3 << 12);
    });
  }

  @ParameterizedTest
  @EnumSource(names = {"V6_8", "V6_12"})
  void aRequestThatWaitsIsNeverMissedAndNeverHangs(Era era) {
    World world = DirectEngine.world();
    int interrupted = 0;
    for (long seed = 0; seed < 300; seed++) {
      world.begin(WorldOptions.of(1));
      SmallX86Vm vm = new SmallX86Vm(world.machine(), text(era, X86Vm.DEFAULT), 0);
      world.addTask("vcpu0", Role.VCPU, () -> {
        vm.run(0, GuestInstruction.store(3, 1), GuestInstruction.load(3), GuestInstruction.load(3));
        vm.destroy(0);
      });
      world.addTask("ioctl", Role.MEMSLOT, () -> {
        for (int i = 0; i < 10; i++) {
          vm.kvm.requests.makeAllCpusRequest(Requests.KVM_REQ_TLB_FLUSH);
        }
      });
      assertThat(world.run(new RandomWalk(), seed, 20_000)).as("seed %d", seed).isEqualTo(Ending.QUIESCENT);
      interrupted += count(world, Op.IPI_SEND);
    }
    assertThat(interrupted).as("some schedules interrupt the guest").isPositive();
  }

  @Test
  void aFlushRequestDropsWhatTheCpuCachedBeforeTheNextEntry() {
    World world = alone(text(Era.V6_12, X86Vm.DEFAULT), vm -> {
      vm.run(0, GuestInstruction.store(3, 1));
      int cached = vm.m.tlb().access(0, (int) vm.vcpus.get(0).root.read(), 3, Access.LOAD, 0);
      assertThat(cached).isEqualTo(Tlb.HIT);
      vm.kvm.requests.makeAllCpusRequest(Requests.KVM_REQ_TLB_FLUSH);
      vm.run(0, GuestInstruction.load(5));
      cached = vm.m.tlb().access(0, (int) vm.vcpus.get(0).root.read(), 3, Access.LOAD, 0);
      assertThat(cached).isEqualTo(Tlb.MISS);
    });
    assertThat(count(world, Op.INVEPT)).as("for the new root, and for the request").isEqualTo(2);
  }

  @ParameterizedTest
  @EnumSource(names = {"V6_8", "V6_12"})
  void aVcpuWithoutARootIsWarnedOfAndDoesNotEnterTheGuest(Era era) {
    X86Text rootless = text(era, X86Vm.DEFAULT).with(TdpRoots.class, mmu -> new TdpRoots(mmu) {
      @Override
      public int kvmMmuReload(X86Vcpu vcpu) {
        return 0;
      }
    });
    World world = alone(rootless, vm -> {
      assertThat(vm.run(0, GuestInstruction.load(3))).isEqualTo(-Errno.EIO);
      assertThat(vm.vcpuRun(0).run().exitReason()).isEqualTo(ExitReason.ERROR);
    });
    assertThat(count(world, Op.WARN)).isEqualTo(1);
    assertThat(count(world, Op.WALK_BEGIN)).isZero();
  }

  @ParameterizedTest
  @EnumSource(names = {"V6_8", "V6_12"})
  void theVmmDoesNotAskForPrivateMemoryAgainOnceItClosedTheFile(Era era) {
    X86Vm swProtected = new X86Vm(VmType.SW_PROTECTED, true, false, true, true, false, -1, 0);
    alone(text(era, swProtected), vm -> {
      vm.kvm.memoryRegions.setMemoryRegion(0, 0, 0, 0, 0);
      int fd = vm.kvm.guestMemfd.create(2);
      int flags = KvmMemorySlot.KVM_MEM_GUEST_MEMFD;
      assertThat(vm.kvm.memoryRegions.setMemoryRegion2(0, 2, 2, 2, flags, fd, 0)).isZero();
      assertThat(vm.kvm.memAttributes.set(2, 4, MemAttributes.KVM_MEMORY_ATTRIBUTE_PRIVATE)).isZero();
      assertThat(vm.run(0, GuestInstruction.store(2, 7))).isZero();
      assertThat(vm.kvm.guestMemfd.close(fd)).isZero();
      assertThat(vm.run(0, GuestInstruction.store(2, 7))).isEqualTo(-Errno.EFAULT);
      assertThat(vm.vcpuRun(0).run().exitReason()).isEqualTo(ExitReason.MEMORY_FAULT);
    });
  }

  @Test
  void aDeadVmDoesNotEnterTheGuest() {
    alone(text(Era.V6_12, X86Vm.DEFAULT), vm -> {
      vm.kvm.requests.makeAllCpusRequest(Requests.KVM_REQ_VM_DEAD);
      assertThat(vm.run(0, GuestInstruction.load(3))).isNegative();
      assertThat(vm.vcpuRun(0).run().exitReason()).isEqualTo(ExitReason.ERROR);
    });
  }

  @Test
  void loggedPagesAreInTheBitmapAfterTheExit() {
    alone(text(Era.V6_12, PML), vm -> {
      vm.slot(KvmMemorySlot.KVM_MEM_LOG_DIRTY_PAGES);
      // Mapped by loads, so that no write fault notes the pages.
      vm.run(0, GuestInstruction.load(1), GuestInstruction.load(2), GuestInstruction.load(6));
      long[] dirty = new long[1];
      assertThat(vm.kvm.dirtyLog.getDirtyLog(0, dirty)).isZero();
      vm.run(0, GuestInstruction.store(1, 1), GuestInstruction.store(2, 2), GuestInstruction.store(6, 3));
      assertThat(vm.kvm.dirtyLog.getDirtyLog(0, dirty)).isZero();
      assertThat(dirty[0]).as("more pages than the log holds").isEqualTo(1 << 1 | 1 << 2 | 1 << 6);
      vm.run(0, GuestInstruction.store(2, 4));
      assertThat(vm.kvm.dirtyLog.getDirtyLog(0, dirty)).isZero();
      assertThat(dirty[0]).as("its dirty flag was cleared, and the TLB flushed").isEqualTo(1 << 2);
    });
  }
}
