package io.stalemate.linux.kvm;

import static io.stalemate.linux.kvm.KvmMemorySlot.KVM_MEM_GUEST_MEMFD;
import static io.stalemate.linux.kvm.KvmMemorySlot.KVM_MEM_LOG_DIRTY_PAGES;
import static io.stalemate.linux.kvm.KvmMemorySlot.KVM_MEM_READONLY;
import static org.assertj.core.api.Assertions.assertThat;

import io.stalemate.linux.Errno;
import io.stalemate.machine.Tracepoint;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Files of private memory: what memslots are bound to, what a fault gets, and what goes when. */
class GuestMemfdTest {

  private static final int PAGES = 4;

  private static KvmVm vm(Era era) {
    KvmVm vm = new KvmVm(era);
    assertThat(vm.kvm.guestMemfd.create(PAGES)).isZero();
    return vm;
  }

  /** Memslot 0, two pages at gfn 2 on the file's pages 1 and 2. */
  private static int bind(KvmVm vm) {
    return vm.kvm.memoryRegions.setMemoryRegion2(0, 2, 2, 0, KVM_MEM_GUEST_MEMFD, 0, 1);
  }

  private static KvmPfn getPfn(KvmVm vm, long gfn) {
    int idx = vm.kvm.srcu.readLock();
    KvmPfn pfn = vm.kvm.guestMemfd.getPfn(vm.kvm.memslots.gfnToMemslot(gfn).orElseThrow(), gfn);
    vm.kvm.srcu.readUnlock(idx);
    return pfn;
  }

  /** A fault of private {@code gfn}; yields whether it installed. */
  private static boolean fault(KvmVm vm, long gfn) {
    int idx = vm.kvm.srcu.readLock();
    long seq = vm.kvm.mmuInvalidation.sample();
    vm.kvm.m.smpRmb();
    KvmPfn pfn = vm.kvm.guestMemfd.getPfn(vm.kvm.memslots.gfnToMemslot(gfn).orElseThrow(), gfn);
    boolean installed = false;
    if (pfn.pfn() > 0) {
      vm.kvm.mmuLock.readLock();
      if (!vm.kvm.mmuInvalidation.retryGfn(seq, gfn)) {
        vm.arch.leaves.at((int) gfn).writeOnce(pfn.pfn());
        installed = true;
      }
      vm.kvm.mmuLock.readUnlock();
      vm.kvm.gfnToPfn.releasePfnClean(pfn.pfn());
    }
    vm.kvm.srcu.readUnlock(idx);
    return installed;
  }

  @ParameterizedTest
  @EnumSource(names = {"V6_8", "V6_12"})
  void theFirstFaultBringsAPageAndLaterOnesFindIt(Era era) {
    KvmVm vm = vm(era);
    assertThat(bind(vm)).isZero();
    KvmPfn first = getPfn(vm, 3);
    assertThat(first.pfn()).isPositive();
    assertThat(first.writable()).isTrue();
    assertThat(getPfn(vm, 3)).isEqualTo(first);
    assertThat(vm.host.of(Tracepoint.GMEM_FOLIO)).containsExactly("0,2," + first.pfn() + ",0");
    assertThat(vm.host.mm.memMap.pfnToPage(first.pfn()).refCount()).isEqualTo(3);
    assertThat(getPfn(vm, 2).pfn()).isNotEqualTo(first.pfn());
  }

  @Test
  void aMemslotIsBoundToPagesThatTheFileHasAndNobodyElse() {
    KvmVm vm = vm(Era.V6_12);
    MemoryRegions regions = vm.kvm.memoryRegions;
    assertThat(regions.setMemoryRegion2(0, 2, 2, 0, KVM_MEM_GUEST_MEMFD, 1, 0)).isEqualTo(-Errno.EBADF);
    assertThat(regions.setMemoryRegion2(0, 2, 2, 0, KVM_MEM_GUEST_MEMFD, -1, 0)).isEqualTo(-Errno.EBADF);
    assertThat(regions.setMemoryRegion2(0, 2, 2, 0, KVM_MEM_GUEST_MEMFD, 0, 3)).isEqualTo(-Errno.EINVAL);
    assertThat(regions.setMemoryRegion2(0, 2, 2, 0, KVM_MEM_GUEST_MEMFD, 0, -1)).isEqualTo(-Errno.EINVAL);
    assertThat(bind(vm)).isZero();
    assertThat(regions.setMemoryRegion2(1, 8, 2, 4, KVM_MEM_GUEST_MEMFD, 0, 2)).isEqualTo(-Errno.EINVAL);
    assertThat(regions.setMemoryRegion2(1, 8, 1, 4, KVM_MEM_GUEST_MEMFD, 0, 3)).isZero();
    assertThat(vm.host.of(Tracepoint.GMEM_BIND)).containsExactly("0,2,2,1", "0,8,1,3");
  }

  @Test
  void flagsThatDoNotGoWithAGuestMemfdAreInvalid() {
    KvmVm vm = vm(Era.V6_12);
    MemoryRegions regions = vm.kvm.memoryRegions;
    for (int other : new int[] {KVM_MEM_LOG_DIRTY_PAGES, KVM_MEM_READONLY, 1 << 3}) {
      assertThat(regions.setMemoryRegion2(0, 2, 2, 0, KVM_MEM_GUEST_MEMFD | other, 0, 0)).isEqualTo(-Errno.EINVAL);
    }
    assertThat(regions.setMemoryRegion(0, 2, 2, 0, KVM_MEM_GUEST_MEMFD)).isEqualTo(-Errno.EINVAL);
    vm.arch.privateMem = false;
    assertThat(bind(vm)).isEqualTo(-Errno.EINVAL);
  }

  @Test
  void aMemslotWithAGuestMemfdStaysAsItIsUntilItIsDeleted() {
    KvmVm vm = vm(Era.V6_12);
    assertThat(bind(vm)).isZero();
    assertThat(bind(vm)).isEqualTo(-Errno.EINVAL);
    assertThat(vm.slot(2, 2, 0)).isEqualTo(-Errno.EINVAL);
    assertThat(vm.slot(4, 2, 0)).isEqualTo(-Errno.EINVAL);
    assertThat(vm.slot(0, 0, 0)).isZero();
    assertThat(bind(vm)).isZero();
    assertThat(vm.host.of(Tracepoint.GMEM_BIND)).containsExactly("0,2,2,1", "0,2,0,1", "0,2,2,1");
  }

  @Test
  void aMemslotThatCouldNotBeCreatedIsNotBound() {
    KvmVm vm = vm(Era.V6_12);
    vm.arch.prepareResult = -Errno.ENOMEM;
    assertThat(bind(vm)).isEqualTo(-Errno.ENOMEM);
    vm.arch.prepareResult = 0;
    assertThat(bind(vm)).isZero();
  }

  @Test
  void aPunchedHoleInvalidatesTheBoundGfnsAndFreesTheirPages() {
    KvmVm vm = vm(Era.V6_12);
    bind(vm);
    assertThat(fault(vm, 2)).isTrue();
    assertThat(fault(vm, 3)).isTrue();
    assertThat(vm.kvm.guestMemfd.punchHole(0, 2, 2)).isZero();
    assertThat(vm.host.of(Tracepoint.INVALIDATE_RANGE)).containsExactly("3,4,0,0");
    assertThat(vm.arch.leaves.at(2).readOnce()).isPositive();
    assertThat(vm.arch.leaves.at(3).readOnce()).isZero();
    assertThat(vm.host.of(Tracepoint.GMEM_FOLIO)).last().isEqualTo("0,2,0,0");
    assertThat(vm.kvm.mmuInvalidateInProgress.readOnce()).isZero();
    assertThat(vm.kvm.mmuInvalidateSeq.readOnce()).isEqualTo(1);
  }

  @Test
  void aHoleWhereNothingIsBoundLeavesTheSequenceAlone() {
    KvmVm vm = vm(Era.V6_12);
    bind(vm);
    assertThat(vm.kvm.guestMemfd.punchHole(0, 0, 1)).isZero();
    assertThat(vm.kvm.guestMemfd.punchHole(0, 3, 100)).isZero();
    assertThat(vm.kvm.mmuInvalidateSeq.readOnce()).isZero();
    assertThat(vm.kvm.guestMemfd.punchHole(0, -1, 2)).isEqualTo(-Errno.EINVAL);
    assertThat(vm.kvm.guestMemfd.punchHole(0, 0, 0)).isEqualTo(-Errno.EINVAL);
    assertThat(vm.kvm.guestMemfd.punchHole(7, 0, 1)).isEqualTo(-Errno.EBADF);
  }

  @Test
  void aClosedFileTakesItsPagesWithIt() {
    KvmVm vm = vm(Era.V6_12);
    bind(vm);
    assertThat(fault(vm, 2)).isTrue();
    assertThat(vm.kvm.guestMemfd.close(0)).isZero();
    assertThat(vm.arch.leaves.at(2).readOnce()).isZero();
    assertThat(getPfn(vm, 2).pfn()).isEqualTo(-Errno.EFAULT);
    assertThat(vm.kvm.guestMemfd.close(0)).isEqualTo(-Errno.EBADF);
    assertThat(vm.kvm.guestMemfd.punchHole(0, 0, 1)).isEqualTo(-Errno.EBADF);
    assertThat(vm.kvm.guestMemfd.allocate(0, 0, 1)).isEqualTo(-Errno.EBADF);
    assertThat(vm.slot(0, 0, 0)).isZero();
    assertThat(vm.host.of(Tracepoint.GMEM_BIND)).containsExactly("0,2,2,1", "0,2,0,1");
    vm.host.assertAccountsBalance(0);
  }

  @Test
  void allocatedPagesAreThereBeforeAnyFault() {
    KvmVm vm = vm(Era.V6_12);
    assertThat(vm.kvm.guestMemfd.allocate(0, 1, 2)).isZero();
    assertThat(vm.host.count(Tracepoint.GMEM_FOLIO)).isEqualTo(2);
    assertThat(vm.kvm.guestMemfd.allocate(0, 3, 2)).isEqualTo(-Errno.EINVAL);
    bind(vm);
    assertThat(fault(vm, 3)).isTrue();
    assertThat(vm.host.count(Tracepoint.GMEM_FOLIO)).isEqualTo(2);
  }

  @Test
  void aBrokenPageIsUnmappedAndRefusedFromThenOn() {
    KvmVm vm = vm(Era.V6_12);
    bind(vm);
    assertThat(fault(vm, 2)).isTrue();
    assertThat(vm.kvm.guestMemfd.errorFolio(0, 1)).isZero();
    assertThat(vm.arch.leaves.at(2).readOnce()).isZero();
    assertThat(getPfn(vm, 2).pfn()).isEqualTo(-Errno.EHWPOISON);
    assertThat(getPfn(vm, 3).pfn()).isPositive();
    assertThat(vm.kvm.guestMemfd.errorFolio(0, 9)).isEqualTo(-Errno.EINVAL);
  }

  @Test
  void noLeafOutlivesItsPageHoweverFaultsHolesAndCloseInterleave() {
    int retried = 0;
    int gone = 0;
    for (long seed = 0; seed < 1000; seed++) {
      KvmVm vm = vm(seed % 4 < 2 ? Era.V6_8 : Era.V6_12);
      bind(vm);
      vm.host.task("vcpu 0", () -> {
        fault(vm, 2);
        fault(vm, 3);
      });
      vm.host.task("vcpu 1", () -> fault(vm, 2));
      vm.host.task("punch", () -> vm.kvm.guestMemfd.punchHole(0, 0, 2));
      if (seed % 3 == 0) {
        vm.host.task("close", () -> vm.kvm.guestMemfd.close(0));
        gone++;
      }
      vm.host.run(seed);
      retried += vm.host.count(Tracepoint.FAULT_RETRY);
      assertThat(vm.host.warnings()).as("seed %d", seed).isEmpty();
      KvmGmem gmem = vm.kvm.guestMemfd.file(0);
      for (int gfn = 2; gfn < 4; gfn++) {
        long leaf = vm.arch.leaves.at(gfn).readOnce();
        long page = gmem.pages.at(gfn - 1).readOnce();
        assertThat(leaf == 0 || leaf == page).as("leaf %d, page %d, seed %d", leaf, page, seed).isTrue();
        if (page != 0) {
          assertThat(vm.host.mm.memMap.pfnToPage(page).refCount()).as("seed %d", seed).isEqualTo(1);
        }
      }
      assertThat(vm.kvm.mmuInvalidateInProgress.readOnce()).isZero();
    }
    assertThat(retried).isPositive();
    assertThat(gone).isPositive();
  }
}
