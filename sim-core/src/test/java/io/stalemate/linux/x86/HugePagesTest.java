package io.stalemate.linux.x86;

import static org.assertj.core.api.Assertions.assertThat;

import io.stalemate.cpu.x86.EptGeometry;
import io.stalemate.linux.Errno;
import io.stalemate.linux.kvm.Era;
import io.stalemate.linux.kvm.KvmMemorySlot;
import io.stalemate.linux.mm.MemoryFault;
import io.stalemate.linux.mm.VmaKind;
import io.stalemate.machine.Machine;
import io.stalemate.sequential.SequentialMachine;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

/** Which pages may be mapped huge, by slot, host, tracking and attributes. */
final class HugePagesTest {

  private static final int LEVEL_2M = EptGeometry.LEVEL_4K + 1;

  private static void onHugetlb(Consumer<LoggedVm> test) {
    LoggedVm.on(Era.V6_12, test);
  }

  /** The largest level that the slot allows around each of its gfns. */
  private static List<Integer> levels(LoggedVm vm) {
    List<Integer> levels = new ArrayList<>();
    vm.kvm.mmuLock.readLock();
    for (KvmMemorySlot slot : slots(vm)) {
      for (long gfn = slot.baseGfn(); gfn < slot.gfnEnd(); gfn++) {
        levels.add(vm.mmu.hugePages.maxMappingLevel(slot, gfn, LEVEL_2M, true));
      }
    }
    vm.kvm.mmuLock.readUnlock();
    return levels;
  }

  private static List<KvmMemorySlot> slots(LoggedVm vm) {
    int idx = vm.kvm.srcu.readLock();
    List<KvmMemorySlot> slots = vm.kvm.memslots.kvmMemslots().slots();
    vm.kvm.srcu.readUnlock(idx);
    return slots;
  }

  @Test
  void hugePagesThatAreNotWholeInTheSlotStaySmall() {
    onHugetlb(vm -> {
      assertThat(vm.kvm.memoryRegions.setMemoryRegion(0, 1, 4, 1, 0)).isZero();
      assertThat(levels(vm)).containsExactly(1, 2, 2, 1);
      assertThat(vm.kvm.memoryRegions.setMemoryRegion(0, 3, 4, 1, 0)).as("a move").isZero();
      assertThat(levels(vm)).containsExactly(1, 2, 2, 1);
    });
  }

  @Test
  void nothingIsHugeWhereGfnsAndHvasDoNotAgreeWhereHugePagesBegin() {
    onHugetlb(vm -> {
      assertThat(vm.kvm.memoryRegions.setMemoryRegion(0, 0, 4, 1, 0)).isZero();
      assertThat(levels(vm)).containsExactly(1, 1, 1, 1);
      assertThat(vm.kvm.memoryRegions.setMemoryRegion(0, 1, 4, 1, 0)).as("a move that mends it").isZero();
      assertThat(levels(vm)).containsExactly(1, 2, 2, 1);
    });
  }

  @Test
  void aSlotBeyondTheTablesIsRefused() {
    onHugetlb(vm -> assertThat(vm.kvm.memoryRegions.setMemoryRegion(0, 6, 4, 0, 0)).isNegative());
  }

  @Test
  void aChangeOfFlagsKeepsTheCounts() {
    onHugetlb(vm -> {
      vm.slot(0);
      LpageInfo before = (LpageInfo) vm.slotAt(0).arch();
      vm.slot(LoggedVm.LOG);
      assertThat(vm.slotAt(0).arch()).isSameAs(before);
    });
  }

  @Test
  void aFaultIsAdjustedToTheHostsHugePage() {
    onHugetlb(vm -> {
      vm.slot(0);
      KvmPageFault fault = adjusted(vm, 3, 0x203);
      assertThat(List.of(fault.reqLevel, fault.goalLevel)).containsExactly(2, 2);
      assertThat(fault.pfn).isEqualTo(0x202);
    });
    LoggedVm.on(Era.V6_12, X86Vm.DEFAULT, VmaKind.ANON, text -> text, vm -> {
      vm.slot(0);
      KvmPageFault fault = adjusted(vm, 3, 0x203);
      assertThat(List.of(fault.reqLevel, fault.goalLevel)).as("pages of the host's").containsExactly(1, 1);
      assertThat(fault.pfn).isEqualTo(0x203);
    });
  }

  @Test
  void nothingIsMappedHugeWhilePagesAreLogged() {
    onHugetlb(vm -> {
      vm.slot(LoggedVm.LOG);
      assertThat(adjusted(vm, 3, 0x203).goalLevel).isEqualTo(1);
    });
  }

  private static KvmPageFault adjusted(LoggedVm vm, long gfn, long pfn) {
    KvmPageFault fault = new KvmPageFault(gfn << EptGeometry.PAGE_SHIFT, PfErrorCode.WRITE, false, false, LEVEL_2M);
    fault.slot = vm.slotAt(gfn);
    fault.pfn = pfn;
    assertThat(new MemoryFault(vm.kvm.mm).doPageFault(gfn, true)).isZero();
    vm.kvm.mmuLock.readLock();
    vm.mmu.hugePages.kvmMmuHugepageAdjust((X86Vcpu) vm.kvm.vcpus().getFirst(), fault);
    vm.kvm.mmuLock.readUnlock();
    return fault;
  }

  @Test
  void aTrackedGfnIsNeverPartOfAHugePage() {
    onHugetlb(vm -> {
      assertThat(vm.mmu.pageTrack.kvmWriteTrackAddGfn(2)).as("without a slot").isNegative();
      vm.slot(0);
      assertThat(vm.mmu.pageTrack.kvmWriteTrackAddGfn(2)).isZero();
      assertThat(vm.mmu.pageTrack.kvmWriteTrackAddGfn(2)).isZero();
      assertThat(levels(vm)).containsExactly(2, 2, 1, 1, 2, 2, 2, 2);
      vm.mmu.pageTrack.kvmWriteTrackRemoveGfn(2);
      assertThat(levels(vm)).as("tracked twice").containsExactly(2, 2, 1, 1, 2, 2, 2, 2);
      vm.mmu.pageTrack.kvmWriteTrackRemoveGfn(2);
      assertThat(levels(vm)).containsExactly(2, 2, 2, 2, 2, 2, 2, 2);
    });
  }

  @Test
  void whatIsTrackedGoesWithItsSlot() {
    onHugetlb(vm -> {
      vm.slot(0);
      vm.mmu.pageTrack.kvmWriteTrackAddGfn(2);
      assertThat(vm.kvm.memoryRegions.setMemoryRegion(0, 0, 0, 0, 0)).isZero();
      assertThat(vm.mmu.pageTrack.kvmWriteTrackAddGfn(2)).isEqualTo(-Errno.EINVAL);
      vm.slot(0);
      assertThat(vm.mmu.isWriteTracked(vm.slotAt(2), 2)).isFalse();
      assertThat(levels(vm)).containsExactly(2, 2, 2, 2, 2, 2, 2, 2);
    });
  }

  @Test
  void aMixedHugePageStaysSmallAndItsFlagDoesNotTouchTheCount() {
    onHugetlb(vm -> {
      vm.slot(0);
      KvmMemorySlot slot = vm.slotAt(4);
      vm.kvm.mmuLock.writeLock();
      vm.mmu.hugePages.setMixed(slot, 5, LEVEL_2M, true);
      assertThat(vm.mmu.hugePages.testMixed(slot, 4, LEVEL_2M)).isTrue();
      assertThat(vm.mmu.hugePages.testMixed(slot, 6, LEVEL_2M)).isFalse();
      vm.mmu.hugePages.updateGfnDisallowLpageCount(slot, 4, 1);
      vm.mmu.hugePages.setMixed(slot, 4, LEVEL_2M, false);
      vm.kvm.mmuLock.writeUnlock();
      assertThat(levels(vm)).containsExactly(2, 2, 2, 2, 1, 1, 2, 2);
    });
  }

  @Test
  void countsAreKeptForEachLevelFromTheHugePageAroundTheFirstGfn() {
    Machine m = new SequentialMachine(1);
    KvmMemorySlot slot = new KvmMemorySlot(1, 0, 6, 12, 6, 0);
    LpageInfo info = new LpageInfo(m, new EptGeometry(4, 2), slot, (gfn, level) -> gfn * 10 + level);
    assertThat(info.disallowLpage(6, 2).read()).isEqualTo(42);
    assertThat(info.disallowLpage(7, 2)).isSameAs(info.disallowLpage(6, 2));
    assertThat(info.disallowLpage(17, 2).read()).isEqualTo(162);
    assertThat(info.disallowLpage(15, 3).read()).isEqualTo(3);
    assertThat(info.disallowLpage(16, 3).read()).isEqualTo(163);
  }

  @Test
  void aLevelWithoutHugePagesIsAWarningAndNeverHuge() {
    SequentialMachine m = new SequentialMachine(1);
    LpageInfo info = new LpageInfo(m, new EptGeometry(2, 2), new KvmMemorySlot(1, 0, 4, 4, 4, 0), (gfn, level) -> 0);
    assertThat(info.disallowLpage(4, new EptGeometry(2, 2).maxHugepageLevel() + 1).read()).isNotZero();
    assertThat(m.warnings()).containsExactly("lpage_info_slot: no huge pages of this level");
  }
}
