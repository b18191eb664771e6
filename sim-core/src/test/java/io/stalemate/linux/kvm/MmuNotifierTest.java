package io.stalemate.linux.kvm;

import static org.assertj.core.api.Assertions.assertThat;

import io.stalemate.linux.mm.VmaKind;
import io.stalemate.machine.Tracepoint;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** KVM's notifier callbacks, one at a time and against faults and memslot updates. */
class MmuNotifierTest {

  @ParameterizedTest
  @EnumSource
  void aPairUnmapsTheGfnsBehindTheHvasAndFlushesUnderTheLock(Era era) {
    KvmVm vm = new KvmVm(era);
    vm.slot(8, 4, 0);
    vm.arch.calls.clear();
    vm.host.mm.notifiers.invalidateRangeStart(1, 3, true);
    assertThat(vm.arch.calls).containsExactly("unmap 9 11", "flush tlbs");
    assertThat(vm.kvm.mmuInvalidateInProgress.readOnce()).isOne();
    assertThat(vm.kvm.mnActiveInvalidateCount.readOnce()).isOne();
    vm.host.mm.notifiers.invalidateRangeEnd(1, 3);
    assertThat(vm.host.of(Tracepoint.INVALIDATE_RANGE)).containsExactly("9,11,0,0");
    assertThat(vm.host.of(Tracepoint.INVALIDATE_END)).containsExactly("1,0,0,0");
    vm.assertCoherent(0);
  }

  @ParameterizedTest
  @EnumSource
  void aPairThatHitsNoMemslotLeavesTheCountersAlone(Era era) {
    KvmVm vm = new KvmVm(era);
    vm.slot(0, 2, 0);
    vm.host.mm.notifiers.invalidateRangeStart(2, 8, true);
    assertThat(vm.kvm.mmuInvalidateInProgress.readOnce()).isZero();
    assertThat(vm.kvm.mnActiveInvalidateCount.readOnce()).isOne();
    vm.host.mm.notifiers.invalidateRangeEnd(2, 8);
    assertThat(vm.kvm.mmuInvalidateSeq.readOnce()).isZero();
    vm.assertCoherent(0);
  }

  @Test
  void changePteMapsTheNewFrameInErasThatHaveIt() {
    for (Era era : Era.values()) {
      KvmVm vm = new KvmVm(era);
      vm.slot(0, 4, 0);
      vm.host.store(0, 5);
      vm.host.store(1, 5);
      vm.fault(0);
      vm.arch.calls.clear();
      assertThat(vm.host.ksm.mergePages(0, 1)).isZero();
      List<String> sets = vm.arch.calls.stream().filter(call -> call.startsWith("set")).toList();
      switch (era) {
        // Write-protecting gfn 1 and 0, then replacing 0.
        case V5_15, V6_2, V6_8 -> assertThat(sets).containsExactly("set 1", "set 0", "set 0");
        case V6_12 -> assertThat(sets).isEmpty();
      }
      vm.assertCoherent(0);
    }
  }

  @Test
  void ageingReachesTheArchitectureAndFlushesOnlyWhereAskedTo() {
    KvmVm vm = new KvmVm(Era.V6_12);
    vm.slot(0, 4, 0);
    vm.arch.calls.clear();
    assertThat(vm.host.mm.notifiers.clearFlushYoung(0, 2)).isTrue();
    assertThat(vm.host.mm.notifiers.clearYoung(1, 2)).isTrue();
    assertThat(vm.host.mm.notifiers.testYoung(3)).isTrue();
    assertThat(vm.host.mm.notifiers.testYoung(5)).isFalse();
    assertThat(vm.arch.calls).containsExactly("age 0 2", "flush tlbs", "age 1 2", "test 3");
  }

  /** The whole host against faults: after all is done no leaf maps anything but what the host maps. */
  @ParameterizedTest
  @EnumSource
  void faultsAgainstTheHostLeaveNoStaleLeaf(Era era) {
    int installed = 0;
    int retried = 0;
    for (long seed = 0; seed < 1500; seed++) {
      KvmVm vm = new KvmVm(era);
      vm.slot(0, 4, 0);
      vm.host.store(0, 5);
      vm.host.store(1, 5);
      int[] done = new int[1];
      int how = (int) seed % 3;
      vm.host.task("vcpu0", () -> done[0] += vm.fault(0) ? 1 : 0);
      vm.host.task("vcpu1", () -> done[0] += vm.fault(1) ? 1 : 0);
      vm.host.task("host", () -> disturb(vm, how));
      vm.host.task("reclaim", () -> vm.host.vmscan.shrinkPage(0));
      vm.host.run(seed);
      installed += done[0];
      retried += vm.host.count(Tracepoint.FAULT_RETRY);
      vm.assertCoherent(seed);
    }
    assertThat(installed).isPositive();
    assertThat(retried).isPositive();
  }

  private static void disturb(KvmVm vm, int how) {
    switch (how) {
      case 0 -> vm.host.migrate.migratePage(0);
      case 1 -> vm.host.ksm.mergePages(0, 1);
      default -> vm.host.mmap.mmap(0, 2, VmaKind.ANON, 0, true);
    }
  }

  @ParameterizedTest
  @EnumSource
  void withoutTheRetryCheckALeafGoesStale(Era era) {
    int stale = 0;
    for (long seed = 0; seed < 1500; seed++) {
      KvmVm vm = new KvmVm(era, text -> text.withMmuInvalidation(kvm -> new MmuInvalidation(kvm) {
        @Override
        public boolean retry(long mmuSeq, long gfn) {
          return false;
        }
      }));
      vm.slot(0, 4, 0);
      vm.host.store(0, 5);
      vm.host.task("vcpu", () -> vm.fault(0));
      vm.host.task("host", () -> vm.host.migrate.migratePage(0));
      vm.host.run(seed);
      try {
        vm.assertCoherent(seed);
      } catch (AssertionError expected) {
        stale++;
      }
    }
    assertThat(stale).isPositive();
  }

  @ParameterizedTest
  @EnumSource
  void faultsAndNotifiersAgainstDeleteAndMoveStayCoherent(Era era) {
    for (long seed = 0; seed < 1000; seed++) {
      KvmVm vm = new KvmVm(era);
      vm.slot(0, 2, 0);
      vm.host.task("vcpu", () -> {
        vm.fault(0);
        vm.fault(4);
      });
      vm.host.task("munmap", () -> vm.host.mmap.munmap(0, 1));
      vm.host.task("ioctl", () -> {
        assertThat(vm.slot(4, 2, 0)).isZero();
        assertThat(vm.slot(0, 0, 0)).isZero();
      });
      vm.host.run(seed);
      assertThat(vm.arch.leaves.at(0).readOnce()).as("seed %d", seed).isZero();
      assertThat(vm.arch.leaves.at(4).readOnce()).as("seed %d", seed).isZero();
      vm.assertCoherent(seed);
    }
  }
}
