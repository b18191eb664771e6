package io.stalemate.linux.kvm;

import static io.stalemate.linux.kvm.DirtyLog.KVM_DIRTY_LOG_INITIALLY_SET;
import static io.stalemate.linux.kvm.DirtyLog.KVM_DIRTY_LOG_MANUAL_PROTECT_ENABLE;
import static io.stalemate.linux.kvm.KvmMemorySlot.KVM_MEM_LOG_DIRTY_PAGES;
import static org.assertj.core.api.Assertions.assertThat;

import io.stalemate.linux.Errno;
import io.stalemate.machine.Tracepoint;
import org.junit.jupiter.api.Test;

/** The dirty bitmap's ioctls. Slot 0 has 8 pages from gfn 4. */
class DirtyLogTest {

  private final KvmVm vm = new KvmVm(Era.V6_12);
  private final DirtyLog log = vm.kvm.dirtyLog;
  private final long[] told = new long[1];

  private void mark(long gfn) {
    int idx = vm.kvm.srcu.readLock();
    vm.kvm.memslots.markPageDirtyInSlot(vm.kvm.memslots.gfnToMemslot(gfn).orElseThrow(), gfn);
    vm.kvm.srcu.readUnlock(idx);
  }

  private void logged() {
    assertThat(vm.slot(4, 8, KVM_MEM_LOG_DIRTY_PAGES)).isZero();
    vm.arch.calls.clear();
  }

  @Test
  void getTellsWhatIsDirtyOnceProtectsItAndThenFlushes() {
    logged();
    mark(5);
    mark(11);
    assertThat(log.getDirtyLog(0, told)).isZero();
    assertThat(told[0]).isEqualTo(0b10000010);
    assertThat(vm.arch.calls).containsExactly("protect 0 10000010", "flush tlbs of slot 4");
    vm.arch.calls.clear();
    assertThat(log.getDirtyLog(0, told)).isZero();
    assertThat(told[0]).isZero();
    assertThat(vm.arch.calls).as("nothing dirty, nothing to flush").isEmpty();
  }

  /** A slot of 130 pages from gfn 4: two words of its bitmap and two bits. */
  private static KvmVm large() {
    KvmVm large = new KvmVm(Era.V6_12, 130);
    assertThat(large.slot(4, 130, KVM_MEM_LOG_DIRTY_PAGES)).isZero();
    large.arch.calls.clear();
    int idx = large.kvm.srcu.readLock();
    KvmMemorySlot slot = large.kvm.memslots.gfnToMemslot(4).orElseThrow();
    for (long page : new long[] {1, 66, 67, 129}) {
      large.kvm.memslots.markPageDirtyInSlot(slot, 4 + page);
    }
    large.kvm.srcu.readUnlock(idx);
    return large;
  }

  @Test
  void getProtectsThePagesOfEachWord() {
    KvmVm large = large();
    long[] words = new long[3];
    assertThat(large.kvm.dirtyLog.getDirtyLog(0, words)).isZero();
    assertThat(words).containsExactly(0b10, 0b1100, 0b10);
    assertThat(large.arch.calls)
        .containsExactly("protect 0 10", "protect 64 1100", "protect 128 10", "flush tlbs of slot 4");
  }

  @Test
  void clearProtectsThePagesOfTheWordsItIsAbout() {
    KvmVm large = large();
    assertThat(large.kvm.dirtyLog.clearDirtyLog(0, 64, 66, new long[] {0b100, 0b11})).isZero();
    assertThat(large.arch.calls).containsExactly("protect 64 100", "protect 128 10", "flush tlbs of slot 4");
    long[] words = new long[3];
    large.kvm.dirtyLog.getDirtyLog(0, words);
    assertThat(words).as("what is still dirty").containsExactly(0b10, 0b1000, 0);
  }

  @Test
  void tracepointsSayWhatWasSetTakenAndTold() {
    logged();
    mark(5);
    log.getDirtyLog(0, told);
    assertThat(vm.host.of(Tracepoint.DIRTY_LOGGING)).containsExactly("0,1,0,0");
    assertThat(vm.host.of(Tracepoint.DIRTY_SET)).containsExactly("0,1,1,0");
    assertThat(vm.host.of(Tracepoint.DIRTY_TAKEN)).containsExactly("0,0,2,0");
    assertThat(vm.host.count(Tracepoint.DIRTY_REPORTED)).isOne();
    vm.slot(4, 8, 0);
    assertThat(vm.host.of(Tracepoint.DIRTY_LOGGING)).containsExactly("0,1,0,0", "0,0,0,0");
  }

  @Test
  void slotsThatAreNoneOrDoNotLogHaveNoDirtyLog() {
    assertThat(log.getDirtyLog(0, told)).isEqualTo(-Errno.ENOENT);
    assertThat(log.clearDirtyLog(0, 0, 8, told)).isEqualTo(-Errno.ENOENT);
    vm.slot(4, 8, 0);
    assertThat(log.getDirtyLog(0, told)).isEqualTo(-Errno.ENOENT);
    assertThat(log.clearDirtyLog(0, 0, 8, told)).isEqualTo(-Errno.ENOENT);
    assertThat(log.getDirtyLog(-1, told)).isEqualTo(-Errno.EINVAL);
    assertThat(log.clearDirtyLog(MemoryRegions.KVM_USER_MEM_SLOTS, 0, 8, told)).isEqualTo(-Errno.EINVAL);
  }

  @Test
  void underManualProtectionGetOnlyLooks() {
    assertThat(log.enableManualProtect(KVM_DIRTY_LOG_MANUAL_PROTECT_ENABLE)).isZero();
    logged();
    mark(5);
    assertThat(log.getDirtyLog(0, told)).isZero();
    assertThat(log.getDirtyLog(0, told)).isZero();
    assertThat(told[0]).isEqualTo(2);
    assertThat(vm.arch.calls).isEmpty();
  }

  @Test
  void clearTakesAndProtectsTheBitsThatAreBothNamedAndSet() {
    log.enableManualProtect(KVM_DIRTY_LOG_MANUAL_PROTECT_ENABLE);
    logged();
    mark(5);
    mark(6);
    assertThat(log.clearDirtyLog(0, 0, 8, new long[] {0b11010})).isZero();
    assertThat(vm.arch.calls).containsExactly("protect 0 10", "flush tlbs of slot 4");
    log.getDirtyLog(0, told);
    assertThat(told[0]).isEqualTo(0b100);
    vm.arch.calls.clear();
    assertThat(log.clearDirtyLog(0, 0, 8, new long[] {0b11010})).isZero();
    assertThat(vm.arch.calls).as("nothing that is set was named").isEmpty();
  }

  @Test
  void clearWantsWholeWordsUnlessTheyReachTheSlotsEnd() {
    logged();
    assertThat(log.clearDirtyLog(0, 1, 7, told)).isEqualTo(-Errno.EINVAL);
    assertThat(log.clearDirtyLog(0, -64, 8, told)).isEqualTo(-Errno.EINVAL);
    assertThat(log.clearDirtyLog(0, 64, 1, told)).isEqualTo(-Errno.EINVAL);
    assertThat(log.clearDirtyLog(0, 0, 9, told)).isEqualTo(-Errno.EINVAL);
    assertThat(log.clearDirtyLog(0, 0, 4, told)).isEqualTo(-Errno.EINVAL);
    assertThat(log.clearDirtyLog(0, 0, 8, told)).isZero();
  }

  @Test
  void initiallyAllSetIsOnlyForManualProtectionAndSetsEveryBit() {
    assertThat(log.enableManualProtect(KVM_DIRTY_LOG_INITIALLY_SET)).isEqualTo(-Errno.EINVAL);
    assertThat(log.enableManualProtect(4)).isEqualTo(-Errno.EINVAL);
    assertThat(log.enableManualProtect(KVM_DIRTY_LOG_MANUAL_PROTECT_ENABLE | KVM_DIRTY_LOG_INITIALLY_SET)).isZero();
    logged();
    log.getDirtyLog(0, told);
    assertThat(told[0]).isEqualTo(0xff);
    assertThat(vm.host.of(Tracepoint.DIRTY_SET)).containsExactly("0,0,255,0");
  }

  @Test
  void ringsExcludeBitmaps() {
    assertThat(log.resetDirtyRings()).isEqualTo(-Errno.EINVAL);
    assertThat(log.enableDirtyLogRing(8)).isZero();
    logged();
    assertThat(log.getDirtyLog(0, told)).isEqualTo(-Errno.ENXIO);
    assertThat(log.clearDirtyLog(0, 0, 8, told)).isEqualTo(-Errno.ENXIO);
  }

  @Test
  void ringsAreEnabledOnceBeforeThereAreVcpusInKernelsThatHaveThem() {
    assertThat(new KvmVm(Era.V5_15).kvm.dirtyLog.enableDirtyLogRing(8)).isEqualTo(-Errno.EINVAL);
    assertThat(log.enableDirtyLogRing(6)).isEqualTo(-Errno.EINVAL);
    assertThat(log.enableDirtyLogRing(2)).isEqualTo(-Errno.EINVAL);
    assertThat(log.enableDirtyLogRing(2 * DirtyLog.KVM_DIRTY_RING_MAX_ENTRIES)).isEqualTo(-Errno.E2BIG);
    assertThat(log.enableDirtyLogRing(8)).isZero();
    assertThat(log.enableDirtyLogRing(8)).isEqualTo(-Errno.EINVAL);
    KvmVm other = new KvmVm(Era.V6_2);
    other.kvm.addVcpu(new KvmVcpu(other.kvm, 0, 0, new MmuMemoryCache(other.host.m, 0, 2, 4)));
    assertThat(other.kvm.dirtyLog.enableDirtyLogRing(8)).isEqualTo(-Errno.EINVAL);
  }
}
