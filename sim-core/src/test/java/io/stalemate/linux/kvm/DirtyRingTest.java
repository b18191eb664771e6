package io.stalemate.linux.kvm;

import static io.stalemate.linux.kvm.KvmMemorySlot.KVM_MEM_LOG_DIRTY_PAGES;
import static org.assertj.core.api.Assertions.assertThat;

import io.stalemate.machine.Tracepoint;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A ring of eight entries, two of them kept in reserve; slot 0 has 8 pages from gfn 4. */
class DirtyRingTest {

  private final KvmVm vm = new KvmVm(Era.V6_12);
  private KvmVcpu vcpu;

  @BeforeEach
  void boot() {
    assertThat(vm.kvm.dirtyLog.enableDirtyLogRing(8)).isZero();
    vcpu = new KvmVcpu(vm.kvm, 0, 0, new MmuMemoryCache(vm.host.m, 0, 2, 4));
    vm.kvm.addVcpu(vcpu);
    vm.slot(4, 8, KVM_MEM_LOG_DIRTY_PAGES);
    vm.arch.calls.clear();
  }

  private void dirty(long... gfns) {
    int idx = vm.kvm.srcu.readLock();
    for (long gfn : gfns) {
      vm.kvm.memslots.markPageDirtyInSlot(vcpu, vm.kvm.memslots.gfnToMemslot(gfn).orElseThrow(), gfn);
    }
    vm.kvm.srcu.readUnlock(idx);
  }

  @Test
  void whatIsPushedIsHarvestedOnceAndThenReset() {
    dirty(5, 9);
    assertThat(vm.kvm.dirtyLog.resetDirtyRings()).as("nothing harvested").isZero();
    assertThat(vm.kvm.dirtyLog.reaper.harvest(vcpu)).isEqualTo(2);
    assertThat(vm.kvm.dirtyLog.reaper.harvest(vcpu)).isZero();
    assertThat(vm.kvm.dirtyLog.resetDirtyRings()).isEqualTo(2);
    assertThat(vm.host.of(Tracepoint.DIRTY_RING_PUSH)).containsExactly("0,0,1,0", "0,0,5,1");
    assertThat(vm.host.of(Tracepoint.DIRTY_RING_HARVEST)).containsExactly("0,0,1,0", "0,0,5,1");
    assertThat(vm.host.of(Tracepoint.DIRTY_RING_RESET)).containsExactly("0,0,1,0", "0,0,5,1");
    assertThat(vm.kvm.dirtyLog.resetDirtyRings()).isZero();
  }

  @Test
  void neighboursAreProtectedTogetherInEitherDirection() {
    dirty(5, 9, 4, 11);
    vm.kvm.dirtyLog.reaper.harvest(vcpu);
    vm.kvm.slotsLock.lock();
    vcpu.dirtyRing.reset();
    vm.kvm.slotsLock.unlock();
    assertThat(vm.arch.calls).containsExactly("protect 0 10100011");
  }

  /** What is protected when pages of a slot of 130 were dirtied in this order. */
  private static List<String> protectedOf(long... pages) {
    KvmVm large = new KvmVm(Era.V6_12, 130);
    assertThat(large.kvm.dirtyLog.enableDirtyLogRing(8)).isZero();
    KvmVcpu owner = new KvmVcpu(large.kvm, 0, 0, new MmuMemoryCache(large.host.m, 0, 2, 4));
    large.kvm.addVcpu(owner);
    assertThat(large.slot(4, 130, KVM_MEM_LOG_DIRTY_PAGES)).isZero();
    large.arch.calls.clear();
    int idx = large.kvm.srcu.readLock();
    for (long page : pages) {
      large.kvm.memslots.markPageDirtyInSlot(owner, large.kvm.memslots.gfnToMemslot(4).orElseThrow(), 4 + page);
    }
    large.kvm.srcu.readUnlock(idx);
    large.kvm.dirtyLog.reaper.harvest(owner);
    assertThat(large.kvm.dirtyLog.resetDirtyRings()).isEqualTo(pages.length);
    return large.arch.calls.stream().filter(call -> call.startsWith("protect")).toList();
  }

  @Test
  void pagesFarApartAreProtectedEachFromItsOwnOffset() {
    assertThat(protectedOf(1, 65, 129)).containsExactly("protect 1 1", "protect 65 1", "protect 129 1");
  }

  @Test
  void aPageFurtherBackDoesNotPushAnotherOutOfTheMask() {
    assertThat(protectedOf(70, 8, 66)).as("62 back, then 58 on")
        .containsExactly("protect 8 10001" + "0".repeat(57) + "1");
    assertThat(protectedOf(70, 66, 6)).as("page 70 would be bit 64 of a mask from 6")
        .containsExactly("protect 66 10001", "protect 6 1");
  }

  @Test
  void entriesOfASlotThatIsGoneAreDropped() {
    dirty(5);
    vm.kvm.dirtyLog.reaper.harvest(vcpu);
    vm.slot(0, 0, 0);
    vm.arch.calls.clear();
    vm.kvm.slotsLock.lock();
    assertThat(vcpu.dirtyRing.reset()).isOne();
    vm.kvm.slotsLock.unlock();
    assertThat(vm.arch.calls).isEmpty();
  }

  @Test
  void aRingThatIsNearlyFullKeepsItsVcpuOutUntilItIsReset() {
    dirty(4, 5, 6, 7, 8);
    assertThat(vm.kvm.requests.pending(vcpu)).isFalse();
    dirty(9);
    assertThat(vcpu.dirtyRing.softFull()).isTrue();
    assertThat(vm.kvm.dirtyLog.ringCheckRequest(vcpu)).isTrue();
    assertThat(vm.kvm.dirtyLog.ringCheckRequest(vcpu)).as("still full").isTrue();
    vm.kvm.dirtyLog.reaper.harvest(vcpu);
    vm.kvm.slotsLock.lock();
    vcpu.dirtyRing.reset();
    vm.kvm.slotsLock.unlock();
    assertThat(vm.kvm.dirtyLog.ringCheckRequest(vcpu)).isFalse();
    assertThat(vm.kvm.requests.pending(vcpu)).isFalse();
  }

  @Test
  void theRingGoesRound() {
    for (int round = 0; round < 5; round++) {
      dirty(4, 5, 6);
      assertThat(vm.kvm.dirtyLog.reaper.harvest(vcpu)).isEqualTo(3);
      vm.kvm.slotsLock.lock();
      assertThat(vcpu.dirtyRing.reset()).isEqualTo(3);
      vm.kvm.slotsLock.unlock();
    }
    assertThat(vm.host.of(Tracepoint.DIRTY_RING_RESET)).last().isEqualTo("0,0,2,14");
  }
}
