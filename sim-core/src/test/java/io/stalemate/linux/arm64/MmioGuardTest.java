package io.stalemate.linux.arm64;

import static org.assertj.core.api.Assertions.assertThat;

import io.stalemate.cpu.GuestInstruction;
import io.stalemate.cpu.GuestRegisters;
import io.stalemate.cpu.GuestStep;
import io.stalemate.cpu.Hypercall;
import io.stalemate.cpu.StageTwoPte;
import io.stalemate.linux.Errno;
import io.stalemate.linux.kvm.Era;
import io.stalemate.linux.kvm.ExitReason;
import io.stalemate.linux.kvm.KvmVcpu;
import io.stalemate.linux.mm.Mmap;
import io.stalemate.linux.mm.VmaKind;
import io.stalemate.machine.Machine;
import io.stalemate.machine.PageUse;
import io.stalemate.machine.Tracepoint;
import io.stalemate.oracle.Ending;
import io.stalemate.sim.DirectEngine;
import io.stalemate.sim.Role;
import io.stalemate.sim.World;
import io.stalemate.sim.WorldOptions;
import io.stalemate.strategy.RandomWalk;
import io.stalemate.trace.Op;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;

/** The MMIO guard's decisions, one after the other, on a VM whose gfns 0 to 3 are memory and 4 to 7 are not. */
final class MmioGuardTest {

  private static final long MEMORY = 2L << 12;
  private static final long DEVICE = 6L << 12;
  private static final long CPU_INTERFACE = 7L << 12;
  private static final long BEYOND = 8L << 12;
  private static final VmCaps NISV_TO_USER = new VmCaps(true, false, false, VmCaps.IPA_LIMIT_DEFAULT);

  private final World world = DirectEngine.world();

  /** Runs {@code body} as a vCPU's task on a VM of one vCPU. */
  private void on(
      Era era, Arm64Text text, VmCaps caps, Consumer<SmallVm> body, WorldOptions.AllocationFailure... fail) {
    world.begin(new WorldOptions(1, false, List.of(fail)));
    Machine m = world.machine();
    SmallVm vm = new SmallVm(m, text, era, 1, 0, caps);
    new Mmap(vm.mm).mmap(0, 4, VmaKind.ANON, 0, true);
    vm.kvm.memoryRegions.setMemoryRegion(0, 0, 4, 0, 0);
    vm.arch.mmioGuard().createVgicV2(CPU_INTERFACE);
    world.addTask("vcpu0", Role.VCPU, () -> body.accept(vm));
    assertThat(world.run(new RandomWalk(), 1, 100_000)).isEqualTo(Ending.QUIESCENT);
  }

  private void on(Era era, Consumer<SmallVm> body) {
    on(era, Arm64Text.of(era, SmallVm.GEOMETRY), VmCaps.none(), body);
  }

  private static KvmVcpu vcpu(SmallVm vm) {
    return vm.kvm.vcpus().getFirst();
  }

  private static int install(SmallVm vm, long ipa) {
    return vm.arch.mmioGuard().installIoguardPage(vcpu(vm), ipa);
  }

  private static int remove(SmallVm vm, long ipa) {
    return vm.arch.mmioGuard().removeIoguardPage(vcpu(vm), ipa);
  }

  private static void enroll(SmallVm vm) {
    vm.arch.mmioGuard().enroll(vcpu(vm));
  }

  private static int run(SmallVm vm, GuestStep... program) {
    return vm.vcpus.getFirst().vmmThread(new GuestRegisters(List.of(program)));
  }

  /** The addresses at which the guest got data aborts, in order. */
  private List<Long> aborts() {
    return values(Tracepoint.INJECT_ABORT);
  }

  /** The addresses of the accesses that the VMM was given. */
  private List<Long> exits() {
    return values(Tracepoint.MMIO_EXIT);
  }

  private List<Long> values(Tracepoint point) {
    List<Long> values = new ArrayList<>();
    for (int i = 0; i < world.trace().size(); i++) {
      if (world.trace().op(i) == Op.TRACE && world.trace().point(i) == point) {
        values.add(world.trace().b(i));
      }
    }
    return values;
  }

  @ParameterizedTest
  @EachEra
  void installAsksForEnrolmentAlignmentMemslotAndCpuInterfaceInThisOrder(Era era) {
    on(era, vm -> {
      assertThat(install(vm, DEVICE)).as("not enrolled").isEqualTo(-Errno.EINVAL);
      assertThat(install(vm, CPU_INTERFACE)).as("not enrolled, exempt").isEqualTo(-Errno.EINVAL);
      enroll(vm);
      assertThat(install(vm, DEVICE + 8)).as("misaligned").isEqualTo(-Errno.EINVAL);
      assertThat(install(vm, CPU_INTERFACE + 8)).as("misaligned, exempt").isEqualTo(-Errno.EINVAL);
      assertThat(install(vm, MEMORY)).as("in a memslot").isEqualTo(-Errno.EINVAL);
      assertThat(install(vm, BEYOND)).as("beyond the table").isEqualTo(-Errno.ERANGE);
      assertThat(install(vm, CPU_INTERFACE)).as("exempt").isZero();
      assertThat(vm.leaf(7).pte()).as("nothing noted").isZero();
      assertThat(install(vm, DEVICE)).isZero();
      assertThat(vm.leaf(6)).isEqualTo(new KvmPgtable.Leaf(StageTwoPte.noted(MmioGuard.MMIO_NOTE), 3));
    });
  }

  @ParameterizedTest
  @EachEra
  void aMemslotOverTheCpuInterfaceComesBeforeTheExemption(Era era) {
    on(era, vm -> {
      enroll(vm);
      new Mmap(vm.mm).mmap(7, 1, VmaKind.ANON, 0, true);
      assertThat(vm.kvm.memoryRegions.setMemoryRegion(1, 7, 1, 7, 0)).isZero();
      assertThat(install(vm, CPU_INTERFACE)).isEqualTo(-Errno.EINVAL);
    });
  }

  @ParameterizedTest
  @EachEra
  void installWithoutTablePagesIsEnomemAndChangesNothing(Era era) {
    on(era, Arm64Text.of(era, SmallVm.GEOMETRY), VmCaps.none(), vm -> {
      enroll(vm);
      assertThat(install(vm, DEVICE)).isEqualTo(-Errno.ENOMEM);
      assertThat(vm.leaf(6).pte()).isZero();
      assertThat(install(vm, MEMORY)).as("the memslot comes first").isEqualTo(-Errno.EINVAL);
      assertThat(install(vm, DEVICE)).as("the second time there is memory").isZero();
    }, new WorldOptions.AllocationFailure(PageUse.TABLE, 1));
  }

  @ParameterizedTest
  @EachEra
  void theBooleanInterfaceIsTheOtherWithoutItsReasons(Era era) {
    on(era, vm -> {
      MmioGuard guard = vm.arch.mmioGuard();
      assertThat(guard.kvmInstallIoguardPage(vcpu(vm), DEVICE)).isFalse();
      assertThat(guard.kvmRemoveIoguardPage(vcpu(vm), DEVICE)).isFalse();
      enroll(vm);
      assertThat(guard.kvmInstallIoguardPage(vcpu(vm), MEMORY)).isFalse();
      assertThat(guard.kvmInstallIoguardPage(vcpu(vm), DEVICE)).isTrue();
      assertThat(guard.kvmRemoveIoguardPage(vcpu(vm), DEVICE)).isTrue();
      assertThat(guard.kvmRemoveIoguardPage(vcpu(vm), DEVICE)).isFalse();
    });
  }

  @ParameterizedTest
  @EachEra
  void installingTwiceCountsOnceAndRemovingOnceEmptiesTheTable(Era era) {
    on(era, vm -> {
      enroll(vm);
      assertThat(install(vm, DEVICE)).isZero();
      assertThat(install(vm, DEVICE)).isZero();
      TablePages pages = vm.arch.mmu().pgtable().mmOps();
      long root = vm.arch.mmu().pgtable().pgd();
      assertThat(new Tables(vm.m, SmallVm.GEOMETRY).miscounts(pages, root)).isEmpty();
      assertThat(remove(vm, DEVICE + 8)).as("aligned down").isZero();
      assertThat(remove(vm, DEVICE)).isEqualTo(-Errno.EINVAL);
      assertThat(pages.pageCount(root)).as("no table below the root is left").isEqualTo(1);
    });
  }

  @ParameterizedTest
  @EachEra
  void removeLeavesMemoryAlone(Era era) {
    on(era, vm -> {
      enroll(vm);
      run(vm, GuestInstruction.store(2, 7));
      long leaf = vm.leaf(2).pte();
      assertThat(remove(vm, MEMORY)).isEqualTo(-Errno.EINVAL);
      assertThat(remove(vm, BEYOND)).isEqualTo(-Errno.EINVAL);
      assertThat(vm.leaf(2).pte()).isEqualTo(leaf);
    });
  }

  @ParameterizedTest
  @EachEra
  void aGuestThatHasNotEnrolledIsNotGuarded(Era era) {
    on(era, vm -> assertThat(run(vm, GuestInstruction.load(6).offsetBy(16))).isZero());
    assertThat(exits()).containsExactly(DEVICE + 16);
    assertThat(aborts()).isEmpty();
  }

  @ParameterizedTest
  @EachEra
  void whatIsNoDeviceIsAnAbortAtTheFaultAddress(Era era) {
    on(era, vm -> {
      enroll(vm);
      assertThat(install(vm, DEVICE)).isZero();
      run(vm, GuestInstruction.load(6).offsetBy(16), GuestInstruction.store(5, 1).offsetBy(24));
    });
    assertThat(exits()).containsExactly(DEVICE + 16);
    assertThat(aborts()).as("HFAR, not the page").containsExactly(0x5018L);
  }

  @ParameterizedTest
  @EachEra
  void anAccessAcrossPagesNeedsBothToBeDevices(Era era) {
    GuestInstruction across = GuestInstruction.load(4).offsetBy(4092);
    on(era, vm -> {
      enroll(vm);
      run(vm, across);
      assertThat(install(vm, 4L << 12)).isZero();
      run(vm, across);
      assertThat(install(vm, 5L << 12)).isZero();
      run(vm, across);
      assertThat(remove(vm, 4L << 12)).isZero();
      run(vm, across, GuestInstruction.load(5).offsetBy(4088));
    });
    assertThat(exits()).containsExactly(0x4ffcL, 0x5ff8L);
    assertThat(aborts()).as("the address of the access, whichever page it is")
        .containsExactly(0x4ffcL, 0x4ffcL, 0x4ffcL);
    assertThat(values(Tracepoint.MMIO_GUARD_FAILED)).containsExactly(0x4ffcL, 0x5003L, 0x4ffcL);
  }

  @ParameterizedTest
  @EachEra
  void anAccessWithoutSyndromeIsAnAbortEvenOnADevice(Era era) {
    on(era, Arm64Text.of(era, SmallVm.GEOMETRY), NISV_TO_USER, vm -> {
      run(vm, GuestInstruction.load(6).undecodable());
      enroll(vm);
      assertThat(install(vm, DEVICE)).isZero();
      run(vm, GuestInstruction.load(6).undecodable());
    });
    assertThat(values(Tracepoint.VCPU_EXIT)).containsExactly((long) ExitReason.ARM_NISV.ordinal());
    assertThat(aborts()).containsExactly(DEVICE);
  }

  @ParameterizedTest
  @EachEra
  void theSeriesLosesNotesToMemslotsAndKeepsThemOverAReset(Era era) {
    on(era, vm -> {
      enroll(vm);
      assertThat(install(vm, DEVICE)).isZero();
      vm.arch.mmioGuard().kvmPrepareSystemEvent();
      assertThat(remove(vm, DEVICE)).as("the next guest has not enrolled").isEqualTo(-Errno.EINVAL);
      enroll(vm);
      run(vm, GuestInstruction.load(6));
      new Mmap(vm.mm).mmap(6, 1, VmaKind.ANON, 0, true);
      assertThat(vm.kvm.memoryRegions.setMemoryRegion(1, 6, 1, 6, 0)).isZero();
      assertThat(vm.kvm.memoryRegions.setMemoryRegion(1, 0, 0, 0, 0)).isZero();
      run(vm, GuestInstruction.load(6));
    });
    assertThat(exits()).as("the note outlived the reset").containsExactly(DEVICE);
    assertThat(aborts()).as("and not the memslot").containsExactly(DEVICE);
  }

  @ParameterizedTest
  @EachEra
  void theLastingGuardDoesTheReverse(Era era) {
    Arm64Text text = Arm64Text.of(era, SmallVm.GEOMETRY).withMmioGuard(MmioGuardLasting::new);
    on(era, text, VmCaps.none(), vm -> {
      enroll(vm);
      assertThat(install(vm, DEVICE)).isZero();
      new Mmap(vm.mm).mmap(6, 1, VmaKind.ANON, 0, true);
      assertThat(vm.kvm.memoryRegions.setMemoryRegion(1, 6, 1, 6, 0)).isZero();
      assertThat(vm.kvm.memoryRegions.setMemoryRegion(1, 0, 0, 0, 0)).isZero();
      run(vm, GuestInstruction.load(6));
      vm.arch.mmioGuard().kvmPrepareSystemEvent();
      enroll(vm);
      run(vm, GuestInstruction.load(6).offsetBy(8));
    });
    assertThat(exits()).containsExactly(DEVICE);
    assertThat(aborts()).containsExactly(DEVICE + 8);
  }

  @Test
  void hypercallsTellWhatTheirGuardTells() {
    assertThat(results(Arm64Text.of(Era.V6_12, SmallVm.GEOMETRY)))
        .containsExactly(-1L, 4096L, 0L, -1L, 0L, 0L, -1L, -1L);
    assertThat(results(Arm64Text.of(Era.V6_12, SmallVm.GEOMETRY).withMmioGuard(MmioGuardLasting::new)))
        .containsExactly(-1L, 4096L, 0L, -3L, 0L, 0L, -3L, -3L);
  }

  private List<Long> results(Arm64Text text) {
    List<Long> results = new ArrayList<>();
    List<GuestStep> program = List.of(
        new Hypercall(0xc600_00ffL, 0),
        new Hypercall(Hypercalls.MMIO_GUARD_INFO, 0),
        new Hypercall(Hypercalls.MMIO_GUARD_ENROLL, 0),
        new Hypercall(Hypercalls.MMIO_GUARD_MAP, DEVICE + 8),
        new Hypercall(Hypercalls.MMIO_GUARD_MAP, DEVICE),
        new Hypercall(Hypercalls.MMIO_GUARD_UNMAP, DEVICE),
        new Hypercall(Hypercalls.MMIO_GUARD_UNMAP, DEVICE),
        new Hypercall(Hypercalls.MMIO_GUARD_MAP, BEYOND));
    on(Era.V6_12, text, VmCaps.none(), vm -> vm.vcpus.getFirst().vmmThread(
        new GuestRegisters(program, (pc, x0) -> {
          assertThat(pc).isEqualTo(results.size());
          results.add(x0);
        })));
    return results;
  }
}
