package io.stalemate.linux.kvm;

import static org.assertj.core.api.Assertions.assertThat;

import io.stalemate.machine.Tracepoint;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The counters and the predicates that read them. */
class MmuInvalidationTest {

  private static void begin(KvmVm vm, long gfnStart, long gfnEnd) {
    vm.kvm.mmuLock.writeLock();
    vm.kvm.mmuInvalidation.beginHva(gfnStart, gfnEnd);
    vm.kvm.mmuInvalidation.rangeAdd(gfnStart, gfnEnd);
    vm.kvm.mmuLock.writeUnlock();
  }

  private static void end(KvmVm vm) {
    vm.kvm.mmuLock.writeLock();
    vm.kvm.mmuInvalidation.end();
    vm.kvm.mmuLock.writeUnlock();
  }

  private static boolean retry(KvmVm vm, long seq) {
    vm.kvm.mmuLock.readLock();
    boolean retry = vm.kvm.mmuInvalidation.retry(seq, 0);
    vm.kvm.mmuLock.readUnlock();
    return retry;
  }

  /** The predicate with a range, of either form; slots are not needed, gfn and hva are the same here. */
  private static boolean retryAt(KvmVm vm, long seq, long address) {
    vm.kvm.mmuLock.readLock();
    boolean retry = vm.kvm.mmuInvalidation instanceof MmuInvalidationHva hva
        ? hva.retryHva(seq, address, address)
        : vm.kvm.mmuInvalidation.retryGfn(seq, address);
    vm.kvm.mmuLock.readUnlock();
    return retry;
  }

  @ParameterizedTest
  @EnumSource
  void aFaultRetriesWhileAnInvalidationIsInProgressAndAfterOneItOverlapped(Era era) {
    KvmVm vm = new KvmVm(era);
    long seq = vm.kvm.mmuInvalidation.sample();
    assertThat(retry(vm, seq)).isFalse();
    begin(vm, 0, 1);
    assertThat(retry(vm, seq)).isTrue();
    end(vm);
    assertThat(retry(vm, seq)).isTrue();
    assertThat(retry(vm, vm.kvm.mmuInvalidation.sample())).isFalse();
    assertThat(vm.host.of(Tracepoint.FAULT_RETRY)).containsExactly("0,0,0,1", "0,0,1,0");
  }

  @ParameterizedTest
  @EnumSource
  void theRangeIsTheUnionUntilNothingIsInProgress(Era era) {
    KvmVm vm = new KvmVm(era);
    begin(vm, 0, 1);
    long seq = vm.kvm.mmuInvalidation.sample();
    assertThat(retryAt(vm, seq, 0)).isTrue();
    assertThat(retryAt(vm, seq, 1)).isFalse();
    begin(vm, 5, 7);
    assertThat(retryAt(vm, seq, 3)).isTrue();
    assertThat(retryAt(vm, seq, 6)).isTrue();
    assertThat(retryAt(vm, seq, 7)).isFalse();
    end(vm);
    seq = vm.kvm.mmuInvalidation.sample();
    assertThat(retryAt(vm, seq, 6)).isTrue();
    end(vm);
    begin(vm, 2, 3);
    seq = vm.kvm.mmuInvalidation.sample();
    assertThat(retryAt(vm, seq, 0)).isFalse();
    assertThat(retryAt(vm, seq, 2)).isTrue();
    end(vm);
  }

  @Test
  void thePreCheckSeesWhatTheLockedOneSeesWhenNothingMoves() {
    KvmVm vm = new KvmVm(Era.V6_12);
    long seq = vm.kvm.mmuInvalidation.sample();
    assertThat(vm.kvm.mmuInvalidation.retryGfnUnsafe(seq, 1)).isFalse();
    begin(vm, 1, 2);
    assertThat(vm.kvm.mmuInvalidation.retryGfnUnsafe(seq, 1)).isTrue();
    assertThat(vm.kvm.mmuInvalidation.retryGfnUnsafe(seq, 2)).isFalse();
    end(vm);
    assertThat(vm.kvm.mmuInvalidation.retryGfnUnsafe(seq, 2)).isTrue();
  }

  @Test
  void anInvalidationWithoutARangeSendsEveryFaultBackAndWarns() {
    KvmVm vm = new KvmVm(Era.V6_12);
    vm.kvm.mmuLock.writeLock();
    vm.kvm.mmuInvalidation.begin();
    vm.kvm.mmuLock.writeUnlock();
    assertThat(retryAt(vm, vm.kvm.mmuInvalidation.sample(), 9)).isTrue();
    assertThat(vm.host.warnings()).containsExactly("an invalidation without a range");
  }

  @Test
  void aZapGivenInGfnsBlocksEveryHvaInTheOldForm() {
    KvmVm vm = new KvmVm(Era.V6_2);
    vm.kvm.mmuLock.writeLock();
    vm.kvm.mmuInvalidation.begin();
    vm.kvm.mmuLock.writeUnlock();
    assertThat(retryAt(vm, vm.kvm.mmuInvalidation.sample(), 12345)).isTrue();
  }
}
