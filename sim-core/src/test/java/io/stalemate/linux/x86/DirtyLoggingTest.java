package io.stalemate.linux.x86;

import static io.stalemate.linux.kvm.DirtyLog.KVM_DIRTY_LOG_INITIALLY_SET;
import static io.stalemate.linux.kvm.DirtyLog.KVM_DIRTY_LOG_MANUAL_PROTECT_ENABLE;
import static org.assertj.core.api.Assertions.assertThat;

import io.stalemate.cpu.GuestInstruction;
import io.stalemate.cpu.x86.EptGeometry;
import io.stalemate.linux.kvm.Era;
import io.stalemate.linux.mm.VmaKind;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What logging, splitting, collapsing and tracking do to the nested table, one task after the other. */
final class DirtyLoggingTest {

  private static final long INITIALLY_SET = KVM_DIRTY_LOG_MANUAL_PROTECT_ENABLE | KVM_DIRTY_LOG_INITIALLY_SET;

  private static void on(Era era, Consumer<LoggedVm> test) {
    on(era, X86Vm.DEFAULT, test);
  }

  private static void on(Era era, X86Vm x86Vm, Consumer<LoggedVm> test) {
    LoggedVm.on(era, x86Vm, VmaKind.HUGETLB, text -> text, test);
  }

  private static KvmMmuPage root(LoggedVm vm) {
    vm.kvm.mmuLock.readLock();
    KvmMmuPage root = vm.mmu.roots.next(null, true);
    vm.mmu.roots.putRoot(root);
    vm.kvm.mmuLock.readUnlock();
    return root;
  }

  /** The leafs of the table, as "gfn/level", with w for writable and m for MMU-writable alone. */
  private static List<String> leafs(LoggedVm vm) {
    KvmMmuPage root = root(vm);
    List<String> leafs = new ArrayList<>();
    vm.mmu.m.rcu().readLock();
    TdpIter iter = vm.mmu.tdpMmu.iter(root, EptGeometry.LEVEL_4K, 0, LoggedVm.PAGES);
    for (; iter.valid; iter.next()) {
      if (Spte.leaf(iter.oldSpte, iter.level)) {
        String access = Spte.writable(iter.oldSpte) ? "w" : Spte.mmuWritable(iter.oldSpte) ? "m" : "";
        leafs.add(iter.gfn + "/" + iter.level + access);
      }
    }
    vm.mmu.m.rcu().readUnlock();
    return leafs;
  }

  @ParameterizedTest
  @EnumSource(names = {"V6_8", "V6_12"})
  void aPageIsToldOncePerRoundInWhichItIsWritten(Era era) {
    on(era, vm -> {
      vm.slot(LoggedVm.LOG);
      vm.run(GuestInstruction.store(2, 7));
      assertThat(vm.dirty()).isEqualTo(1 << 2);
      assertThat(leafs(vm)).containsExactly("2/1m");
      assertThat(vm.dirty()).isZero();
      vm.run(GuestInstruction.store(2, 8), GuestInstruction.store(5, 9));
      assertThat(leafs(vm)).containsExactly("2/1w", "5/1w");
      assertThat(vm.dirty()).isEqualTo(1 << 2 | 1 << 5);
    });
  }

  @ParameterizedTest
  @EnumSource(names = {"V6_8", "V6_12"})
  void turningLoggingOnSplitsHugeLeafsAndProtectsWhatTheyBecame(Era era) {
    on(era, vm -> {
      vm.slot(0);
      vm.run(GuestInstruction.store(2, 7));
      assertThat(leafs(vm)).containsExactly("2/2w");
      vm.slot(LoggedVm.LOG);
      assertThat(leafs(vm)).containsExactly("2/1m", "3/1m");
      vm.run(GuestInstruction.store(3, 8));
      assertThat(leafs(vm)).as("by the fast path").containsExactly("2/1m", "3/1w");
      assertThat(vm.dirty()).isEqualTo(1 << 3);
    });
  }

  @ParameterizedTest
  @EnumSource(names = {"V6_8", "V6_12"})
  void withoutEagerSplittingTheNextWriteSplits(Era era) {
    on(era, vm -> {
      vm.mmu.split.setEagerPageSplit(false);
      vm.slot(0);
      vm.run(GuestInstruction.store(2, 7));
      vm.slot(LoggedVm.LOG);
      assertThat(leafs(vm)).containsExactly("2/2m");
      vm.run(GuestInstruction.store(3, 8));
      assertThat(leafs(vm)).containsExactly("2/1m", "3/1w");
      assertThat(vm.dirty()).isEqualTo(1 << 3);
    });
  }

  @Test
  void turningLoggingOffGivesTablesUpWhereAHugeLeafFits() {
    on(Era.V6_12, vm -> {
      vm.slot(LoggedVm.LOG);
      vm.mmu.pageTrack.kvmWriteTrackAddGfn(5);
      vm.run(GuestInstruction.store(2, 7), GuestInstruction.load(4));
      assertThat(leafs(vm)).containsExactly("2/1w", "4/1w");
      vm.slot(0);
      assertThat(leafs(vm)).as("gfn 5 is tracked").containsExactly("4/1w");
      vm.run(GuestInstruction.load(2));
      assertThat(leafs(vm)).containsExactly("2/2w", "4/1w");
    });
  }

  @Test
  void pagesThatTheHostMapsOneByOneAreNotCollapsed() {
    LoggedVm.on(Era.V6_12, X86Vm.DEFAULT, VmaKind.ANON, text -> text, vm -> {
      vm.slot(LoggedVm.LOG);
      vm.run(GuestInstruction.store(2, 7));
      vm.slot(0);
      assertThat(leafs(vm)).containsExactly("2/1w");
    });
  }

  @ParameterizedTest
  @EnumSource(names = {"V6_8", "V6_12"})
  void initiallyAllSetLeavesHugeLeafsWritableUntilTheyAreCleared(Era era) {
    on(era, vm -> {
      vm.kvm.dirtyLog.enableManualProtect(INITIALLY_SET);
      vm.mmu.split.setEagerPageSplit(false);
      vm.slot(0);
      vm.run(GuestInstruction.store(2, 7), GuestInstruction.store(4, 7), GuestInstruction.store(6, 7));
      vm.slot(LoggedVm.LOG);
      assertThat(leafs(vm)).containsExactly("2/2w", "4/2w", "6/2w");
      assertThat(vm.dirty()).isEqualTo(0xff);
      assertThat(vm.kvm.dirtyLog.clearDirtyLog(0, 0, 8, new long[] {1 << 3 | 1 << 5})).isZero();
      assertThat(leafs(vm)).as("from the first to the last page of the mask").containsExactly("2/2", "4/2", "6/2w");
      vm.run(GuestInstruction.store(3, 8));
      assertThat(vm.dirty()).isEqualTo(0xff & ~(1 << 5));
    });
  }

  @Test
  void clearSplitsHugeLeafsThatAreStillWhole() {
    on(Era.V6_12, vm -> {
      vm.kvm.dirtyLog.enableManualProtect(INITIALLY_SET);
      vm.slot(0);
      vm.run(GuestInstruction.store(2, 7), GuestInstruction.store(4, 7));
      vm.slot(LoggedVm.LOG);
      assertThat(vm.kvm.dirtyLog.clearDirtyLog(0, 0, 8, new long[] {1 << 3})).isZero();
      assertThat(leafs(vm)).containsExactly("2/1w", "3/1m", "4/2w");
    });
  }

  @Test
  void aTrackedPageLosesWhatTheFastPathWouldGiveBack() {
    on(Era.V6_12, vm -> {
      vm.slot(LoggedVm.LOG);
      vm.run(GuestInstruction.store(2, 7), GuestInstruction.store(3, 7));
      assertThat(vm.dirty()).isEqualTo(3 << 2);
      assertThat(leafs(vm)).containsExactly("2/1m", "3/1m");
      assertThat(vm.mmu.pageTrack.kvmWriteTrackAddGfn(2)).isZero();
      assertThat(leafs(vm)).containsExactly("2/1", "3/1m");
      vm.run(GuestInstruction.store(2, 8));
      assertThat(leafs(vm)).as("the write was emulated").containsExactly("2/1", "3/1m");
      assertThat(vm.dirty()).isEqualTo(1 << 2);
      vm.mmu.pageTrack.kvmWriteTrackRemoveGfn(2);
      vm.run(GuestInstruction.store(2, 9));
      assertThat(leafs(vm)).containsExactly("2/1w", "3/1m");
    });
  }

  @Test
  void withoutAccessedBitsTheFastPathRestoresWhatAgeingTook() {
    on(Era.V6_12, LoggedVm.NO_AD_BITS, vm -> {
      vm.slot(0);
      vm.run(GuestInstruction.store(2, 7));
      vm.kvm.mmuLock.writeLock();
      assertThat(vm.mmu.ageGfn(0, 8)).isTrue();
      vm.mmu.flushRemoteTlbs();
      vm.kvm.mmuLock.writeUnlock();
      assertThat(leafs(vm)).containsExactly("2/2m");
      vm.run(GuestInstruction.load(2));
      assertThat(leafs(vm)).as("read and execute alone").containsExactly("2/2m");
      vm.run(GuestInstruction.store(2, 8));
      assertThat(leafs(vm)).containsExactly("2/2w");
    });
  }
}
