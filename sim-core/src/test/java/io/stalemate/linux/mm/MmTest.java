package io.stalemate.linux.mm;

import static org.assertj.core.api.Assertions.assertThat;

import io.stalemate.linux.Errno;
import io.stalemate.machine.PageUse;
import io.stalemate.machine.Tracepoint;
import io.stalemate.sim.WorldOptions.AllocationFailure;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The host's memory management, one task at a time. */
class MmTest {

  private final HostVm vm = new HostVm();

  private long pfn(long hva) {
    return Pte.pfn(vm.mm.pte(hva).readOnce());
  }

  private Vma vma(long hva) {
    vm.mm.mmapLock.downRead();
    Vma vma = vm.mm.vmaLookup(hva);
    vm.mm.mmapLock.upRead();
    return vma;
  }

  @Test
  void gupOfAnUnmappedPageIsAFault() {
    assertThat(vm.gup.getUserPagesUnlocked(1, false)).isEqualTo(-Errno.EFAULT);
    assertThat(vm.gup.getUserPagesFastOnly(1, false)).isZero();
  }

  @Test
  void gupFastFindsOnlyWhatIsMappedAndSlowGupMapsIt() {
    vm.mmap.mmap(0, 4, VmaKind.ANON, 0, true);
    assertThat(vm.gup.getUserPagesFastOnly(2, true)).isZero();
    long pfn = vm.gup.getUserPagesUnlocked(2, true);
    assertThat(pfn).isPositive();
    assertThat(vm.gup.getUserPagesFastOnly(2, true)).isEqualTo(pfn);
    assertThat(vm.mm.memMap.pfnToPage(pfn).refCount()).isEqualTo(3);
    vm.mm.memMap.putPage(pfn);
    vm.mm.memMap.putPage(pfn);
    vm.assertAccountsBalance(0);
  }

  @Test
  void gupForWritingOfAReadOnlyVmaIsAFault() {
    vm.mmap.mmap(0, 4, VmaKind.ANON, 0, false);
    assertThat(vm.gup.getUserPagesUnlocked(0, true)).isEqualTo(-Errno.EFAULT);
    assertThat(vm.gup.getUserPagesUnlocked(0, false)).isPositive();
  }

  @Test
  void gupWithoutAFreeFrameIsOutOfMemory() {
    HostVm poor = new HostVm(new AllocationFailure(PageUse.USER, 1));
    List<Long> seen = new ArrayList<>();
    poor.mmap.mmap(0, 4, VmaKind.ANON, 0, true);
    poor.task("host", () -> seen.add(poor.gup.getUserPagesUnlocked(0, true)));
    poor.run(0);
    assertThat(seen).containsExactly((long) -Errno.ENOMEM);
    poor.assertAccountsBalance(0);
  }

  @Test
  void mmapChecksRangeKindShiftAndAlignment() {
    assertThat(vm.mmap.mmap(0, 0, VmaKind.ANON, 0, true)).isEqualTo(-Errno.EINVAL);
    assertThat(vm.mmap.mmap(7, 2, VmaKind.ANON, 0, true)).isEqualTo(-Errno.EINVAL);
    assertThat(vm.mmap.mmap(0, Long.MAX_VALUE, VmaKind.ANON, 0, true)).isEqualTo(-Errno.EINVAL);
    assertThat(vm.mmap.mmap(0, 2, VmaKind.NONE, 0, true)).isEqualTo(-Errno.EINVAL);
    assertThat(vm.mmap.mmap(0, 2, VmaKind.ANON, 1, true)).isEqualTo(-Errno.EINVAL);
    assertThat(vm.mmap.mmap(1, 2, VmaKind.HUGETLB, 1, true)).isEqualTo(-Errno.EINVAL);
    assertThat(vm.mmap.mmap(0, 2, VmaKind.HUGETLB, 1, true)).isZero();
  }

  @Test
  void unmappingTheMiddleSplitsTheVma() {
    vm.mmap.mmap(0, 6, VmaKind.ANON, 0, true);
    long serial = vma(0).serial();
    assertThat(vm.mmap.munmap(2, 2)).isZero();
    assertThat(vma(2)).isEqualTo(Vma.NONE);
    assertThat(vma(1)).isEqualTo(new Vma(serial + 1, 0, 2, VmaKind.ANON, 0, true));
    assertThat(vma(5)).isEqualTo(new Vma(serial + 2, 4, 6, VmaKind.ANON, 0, true));
  }

  @Test
  void everyMmapHasASerialOfItsOwn() {
    vm.mmap.mmap(0, 2, VmaKind.ANON, 0, true);
    long first = vma(0).serial();
    vm.mmap.mmap(0, 2, VmaKind.ANON, 0, true);
    assertThat(vma(0).serial()).isNotEqualTo(first);
  }

  @Test
  void munmapFreesThePagesAfterTheNotifierPair() {
    vm.mmap.mmap(0, 2, VmaKind.ANON, 0, true);
    vm.fault.doPageFault(0, true);
    long pfn = pfn(0);
    vm.mm.notifiers.register(new PageWatch(() -> assertThat(vm.mm.memMap.pfnToPage(pfn).refCount()).isOne()));
    assertThat(vm.mmap.munmap(0, 2)).isZero();
    assertThat(vm.mm.memMap.pfnToPage(pfn).refCount()).isZero();
    assertThat(vm.of(Tracepoint.NOTIFIER_END)).containsExactly("0,2,0,0");
    vm.assertAccountsBalance(0);
  }

  /** Looks at the world when a pair ends. */
  private record PageWatch(Runnable atEnd) implements MmuNotifierOps {
    @Override
    public int invalidateRangeStart(long hvaStart, long hvaEnd, boolean blockable) {
      return 0;
    }

    @Override
    public void invalidateRangeEnd(long hvaStart, long hvaEnd) {
      atEnd.run();
    }

    @Override
    public boolean clearFlushYoung(long hvaStart, long hvaEnd) {
      return false;
    }

    @Override
    public boolean clearYoung(long hvaStart, long hvaEnd) {
      return false;
    }

    @Override
    public boolean testYoung(long hva) {
      return false;
    }
  }

  @Test
  void swappedDataComesBack() {
    vm.mmap.mmap(0, 2, VmaKind.ANON, 0, true);
    vm.store(1, 77);
    assertThat(vm.vmscan.shrinkPage(1)).isZero();
    assertThat(Pte.isSwap(vm.mm.pte(1).readOnce())).isTrue();
    assertThat(vm.fault.doPageFault(1, false)).isZero();
    assertThat(vm.token(1)).isEqualTo(77);
    vm.assertAccountsBalance(0);
  }

  @Test
  void aPinnedPageIsUnmappedButNotReclaimedAndMappedAgainFromTheSwapCache() {
    vm.mmap.mmap(0, 2, VmaKind.ANON, 0, true);
    vm.store(1, 77);
    long pfn = vm.gup.getUserPagesUnlocked(1, true);
    assertThat(vm.vmscan.shrinkPage(1)).isEqualTo(-Errno.EAGAIN);
    vm.mm.memMap.putPage(pfn);
    assertThat(vm.fault.doPageFault(1, true)).isZero();
    assertThat(pfn(1)).isEqualTo(pfn);
    assertThat(vm.token(1)).isEqualTo(77);
    vm.assertAccountsBalance(0);
  }

  @Test
  void unmappingASwappedPageDropsItFromTheSwapCache() {
    vm.mmap.mmap(0, 2, VmaKind.ANON, 0, true);
    long pfn = vm.gup.getUserPagesUnlocked(1, true);
    vm.vmscan.shrinkPage(1);
    vm.mm.memMap.putPage(pfn);
    assertThat(vm.mmap.munmap(0, 2)).isZero();
    assertThat(vm.mm.memMap.pfnToPage(pfn).refCount()).isZero();
    vm.assertAccountsBalance(0);
  }

  @Test
  void reclaimOfNothingAnonymousIsRefused() {
    vm.mmap.mmap(0, 2, VmaKind.SHARED, 0, true);
    vm.fault.doPageFault(0, true);
    assertThat(vm.vmscan.shrinkPage(0)).isEqualTo(-Errno.ENOENT);
    assertThat(vm.vmscan.shrinkPage(1)).isEqualTo(-Errno.ENOENT);
    assertThat(vm.vmscan.shrinkPage(8)).isEqualTo(-Errno.EINVAL);
  }

  @Test
  void migrationMovesTheDataAndFreesTheOldFrame() {
    vm.mmap.mmap(0, 2, VmaKind.ANON, 0, true);
    vm.store(0, 5);
    long before = pfn(0);
    assertThat(vm.migrate.migratePage(0)).isZero();
    assertThat(pfn(0)).isNotEqualTo(before);
    assertThat(vm.token(0)).isEqualTo(5);
    assertThat(Pte.isWritable(vm.mm.pte(0).readOnce())).isTrue();
    vm.assertAccountsBalance(0);
  }

  @Test
  void migrationOfAPinnedPageIsUndone() {
    vm.mmap.mmap(0, 2, VmaKind.ANON, 0, true);
    vm.store(0, 5);
    long pfn = vm.gup.getUserPagesUnlocked(0, true);
    long pte = vm.mm.pte(0).readOnce();
    assertThat(vm.migrate.migratePage(0)).isEqualTo(-Errno.EAGAIN);
    assertThat(vm.mm.pte(0).readOnce()).isEqualTo(pte);
    vm.mm.memMap.putPage(pfn);
    vm.assertAccountsBalance(0);
  }

  @Test
  void migrationOfASharedPageMovesThePageCacheToo() {
    vm.mmap.mmap(0, 2, VmaKind.SHARED, 0, true);
    vm.store(0, 5);
    assertThat(vm.migrate.migratePage(0)).isZero();
    assertThat(vm.mm.pageCache.at(0).readOnce()).isEqualTo(pfn(0));
    assertThat(vm.token(0)).isEqualTo(5);
    vm.assertAccountsBalance(0);
  }

  @Test
  void equalPagesMergeAndAWriteSplitsThemAgain() {
    vm.mmap.mmap(0, 2, VmaKind.ANON, 0, true);
    vm.store(0, 9);
    vm.store(1, 9);
    assertThat(vm.ksm.mergePages(0, 1)).isZero();
    assertThat(pfn(0)).isEqualTo(pfn(1));
    assertThat(vm.ksm.mergePages(0, 1)).isEqualTo(-Errno.EEXIST);
    vm.store(0, 10);
    assertThat(vm.token(1)).isEqualTo(9);
    assertThat(vm.token(0)).isEqualTo(10);
    vm.assertAccountsBalance(0);
  }

  @Test
  void differentOrPinnedPagesDoNotMerge() {
    vm.mmap.mmap(0, 2, VmaKind.ANON, 0, true);
    vm.store(0, 9);
    vm.store(1, 8);
    assertThat(vm.ksm.mergePages(0, 1)).isEqualTo(-Errno.EINVAL);
    assertThat(Pte.isWritable(vm.mm.pte(1).readOnce())).as("a page that nobody came to share").isTrue();
    vm.store(0, 8);
    vm.store(1, 8);
    long pfn = vm.gup.getUserPagesUnlocked(0, true);
    assertThat(vm.ksm.mergePages(0, 1)).isEqualTo(-Errno.EAGAIN);
    vm.mm.memMap.putPage(pfn);
    assertThat(vm.ksm.mergePages(0, 5)).isEqualTo(-Errno.ENOENT);
    vm.assertAccountsBalance(0);
  }

  @Test
  void hugePagesAreFaultedAndUnmappedAsOne() {
    vm.mmap.mmap(0, 4, VmaKind.HUGETLB, 1, true);
    long second = vm.gup.getUserPagesUnlocked(3, true);
    assertThat(second).isEqualTo(pfn(2) + 1);
    assertThat(pfn(2) % 2).isZero();
    assertThat(pfn(0)).isZero();
    assertThat(vm.mm.userMappingShift(3)).isEqualTo(1);
    vm.mm.memMap.putPage(second);
    assertThat(vm.mmap.munmap(3, 1)).isEqualTo(-Errno.EINVAL);
    assertThat(vm.mmap.munmap(2, 2)).isZero();
    assertThat(vm.mm.userMappingShift(3)).isEqualTo(-Errno.EAGAIN);
    vm.assertAccountsBalance(0);
  }

  @Test
  void anEmptyHugePagePoolIsAFaultAndFreedHugePagesComeBack() {
    vm.mmap.mmap(0, 6, VmaKind.HUGETLB, 1, true);
    assertThat(vm.fault.doPageFault(0, true)).isZero();
    assertThat(vm.fault.doPageFault(2, true)).isZero();
    assertThat(vm.fault.doPageFault(4, true)).isEqualTo(-Errno.EFAULT);
    vm.mmap.munmap(0, 2);
    assertThat(vm.fault.doPageFault(4, true)).isZero();
    vm.assertAccountsBalance(0);
  }

  @Test
  void gupRefusesPfnmapAndFollowPteFindsIt() {
    vm.mmap.mmap(0, 2, VmaKind.PFNMAP, 0, true);
    assertThat(vm.gup.getUserPagesFastOnly(0, true)).isZero();
    assertThat(vm.gup.getUserPagesUnlocked(0, true)).isEqualTo(-Errno.EFAULT);
    vm.mm.mmapLock.downRead();
    assertThat(Pte.pfn(vm.gup.followPte(0))).isEqualTo(pfn(0));
    assertThat(Pte.isPresent(vm.gup.followPte(5))).isFalse();
    vm.mm.mmapLock.upRead();
    vm.mmap.munmap(0, 2);
    vm.assertAccountsBalance(0);
  }

  @Test
  void sharedDataOutlivesTheMappingButNotAHole() {
    vm.mmap.mmap(0, 2, VmaKind.SHARED, 0, true);
    vm.store(0, 3);
    vm.mmap.munmap(0, 2);
    vm.mmap.mmap(0, 2, VmaKind.SHARED, 0, true);
    vm.fault.doPageFault(0, false);
    assertThat(vm.token(0)).isEqualTo(3);
    assertThat(vm.shmem.punchHole(0, 1)).isZero();
    vm.fault.doPageFault(0, false);
    assertThat(vm.token(0)).isNotEqualTo(3);
    assertThat(vm.shmem.punchHole(4, 1)).isEqualTo(-Errno.EINVAL);
    vm.assertAccountsBalance(0);
  }

  @Test
  void dontneedKeepsTheVmaAndForgetsTheData() {
    vm.mmap.mmap(0, 2, VmaKind.ANON, 0, true);
    vm.store(0, 3);
    assertThat(vm.mmap.madviseDontneed(0, 2)).isZero();
    assertThat(vma(0).exists()).isTrue();
    vm.fault.doPageFault(0, false);
    assertThat(vm.token(0)).isNotEqualTo(3);
    assertThat(vm.mmap.madviseDontneed(1, 2)).isEqualTo(-Errno.ENOMEM);
    vm.assertAccountsBalance(0);
  }

  @Test
  void mprotectTakesWritePermissionAndAFaultGivesItBack() {
    vm.mmap.mmap(0, 4, VmaKind.ANON, 0, true);
    vm.store(1, 3);
    long pfn = pfn(1);
    assertThat(vm.mmap.mprotect(1, 2, false)).isZero();
    assertThat(vm.gup.getUserPagesUnlocked(1, true)).isEqualTo(-Errno.EFAULT);
    assertThat(vma(0).writable()).isTrue();
    assertThat(vma(3).writable()).isTrue();
    assertThat(vm.mmap.mprotect(1, 2, true)).isZero();
    vm.store(1, 4);
    assertThat(pfn(1)).isEqualTo(pfn);
    assertThat(vm.mmap.mprotect(3, 2, false)).isEqualTo(-Errno.ENOMEM);
    vm.assertAccountsBalance(0);
  }

  @Test
  void ageingCountsAccessedPagesOnce() {
    vm.mmap.mmap(0, 4, VmaKind.ANON, 0, true);
    vm.fault.doPageFault(0, true);
    vm.fault.doPageFault(1, true);
    assertThat(vm.vmscan.age(0, 4)).isEqualTo(2);
    assertThat(vm.vmscan.age(0, 4)).isZero();
  }
}
