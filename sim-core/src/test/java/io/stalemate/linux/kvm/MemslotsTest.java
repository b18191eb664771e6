package io.stalemate.linux.kvm;

import static io.stalemate.linux.kvm.KvmMemorySlot.KVM_MEM_LOG_DIRTY_PAGES;
import static io.stalemate.linux.kvm.KvmMemorySlot.KVM_MEM_READONLY;
import static org.assertj.core.api.Assertions.assertThat;

import io.stalemate.linux.Errno;
import io.stalemate.machine.Tracepoint;
import io.stalemate.trace.Op;
import io.stalemate.trace.Trace;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** The memslot ioctl and the swap of the active set. */
class MemslotsTest {

  private final KvmVm vm = new KvmVm(Era.V6_12);

  private int set(int id, long gfn, long npages, long hva, int flags) {
    return vm.kvm.memoryRegions.setMemoryRegion(id, gfn, npages, hva, flags);
  }

  private Optional<KvmMemorySlot> slotAt(long gfn) {
    int idx = vm.kvm.srcu.readLock();
    Optional<KvmMemorySlot> slot = vm.kvm.memslots.gfnToMemslot(gfn);
    vm.kvm.srcu.readUnlock(idx);
    return slot;
  }

  private long generation() {
    int idx = vm.kvm.srcu.readLock();
    long generation = vm.kvm.memslots.kvmMemslots().generation().readOnce();
    vm.kvm.srcu.readUnlock(idx);
    return generation;
  }

  @Test
  void badArgumentsAreInvalid() {
    assertThat(set(-1, 0, 1, 0, 0)).isEqualTo(-Errno.EINVAL);
    assertThat(set(MemoryRegions.KVM_USER_MEM_SLOTS, 0, 1, 0, 0)).isEqualTo(-Errno.EINVAL);
    assertThat(set(0, 0, 1, 0, 4)).isEqualTo(-Errno.EINVAL);
    assertThat(set(0, 0, -1, 0, 0)).isEqualTo(-Errno.EINVAL);
    assertThat(set(0, 0, MemoryRegions.KVM_MEM_MAX_NR_PAGES + 1, 0, 0)).isEqualTo(-Errno.EINVAL);
    assertThat(set(0, Long.MAX_VALUE, 1, 0, 0)).isEqualTo(-Errno.EINVAL);
    assertThat(set(0, 0, 2, 7, 0)).isEqualTo(-Errno.EINVAL);
    assertThat(set(0, 0, 1, Long.MAX_VALUE, 0)).isEqualTo(-Errno.EINVAL);
    assertThat(set(0, 0, 0, 0, 0)).as("delete of nothing").isEqualTo(-Errno.EINVAL);
    assertThat(vm.host.count(Tracepoint.SLOTS_SWAP)).isZero();
  }

  @Test
  void slotsOfOneAddressSpaceMayNotOverlap() {
    assertThat(set(0, 0, 4, 0, 0)).isZero();
    assertThat(set(1, 3, 2, 4, 0)).isEqualTo(-Errno.EEXIST);
    assertThat(set(1, 4, 2, 4, 0)).isZero();
    assertThat(set(1, 2, 2, 4, 0)).as("a move onto slot 0").isEqualTo(-Errno.EEXIST);
    assertThat(set(1, 5, 2, 4, 0)).as("a move that overlaps itself").isZero();
  }

  @Test
  void sizeAddressAndReadonlyOfASlotAreFixed() {
    assertThat(set(0, 0, 4, 0, 0)).isZero();
    assertThat(set(0, 0, 3, 0, 0)).isEqualTo(-Errno.EINVAL);
    assertThat(set(0, 0, 4, 1, 0)).isEqualTo(-Errno.EINVAL);
    assertThat(set(0, 0, 4, 0, KVM_MEM_READONLY)).isEqualTo(-Errno.EINVAL);
    assertThat(set(0, 0, 4, 0, 0)).as("nothing to change").isZero();
    assertThat(vm.host.count(Tracepoint.SLOTS_SWAP)).isOne();
  }

  @Test
  void createDeleteAndMoveSaySo() {
    set(7, 2, 4, 1, 0);
    assertThat(vm.host.of(Tracepoint.SLOT_INSTALL)).containsExactly("7,2,4,1");
    set(7, 8, 4, 1, 0);
    assertThat(vm.host.of(Tracepoint.SLOT_INVALID)).containsExactly("7,2,4,1");
    assertThat(vm.host.of(Tracepoint.SLOT_INSTALL)).containsExactly("7,2,4,1", "7,8,4,1");
    assertThat(vm.host.of(Tracepoint.SLOT_GONE)).containsExactly("7,2,4,1");
    assertThat(slotAt(2)).isEmpty();
    assertThat(slotAt(8)).isPresent();
    set(7, 0, 0, 0, 0);
    assertThat(vm.host.of(Tracepoint.SLOT_GONE)).containsExactly("7,2,4,1", "7,8,4,1");
    assertThat(slotAt(8)).isEmpty();
    assertThat(vm.arch.calls).containsExactly(
        "commit Create", "flush slot 2", "commit Move", "flush slot 8", "commit Delete");
  }

  @Test
  void everySlotObjectThatGoesIsFreedOnce() {
    set(0, 0, 4, 0, 0);
    set(0, 0, 4, 0, KVM_MEM_LOG_DIRTY_PAGES);
    set(0, 8, 4, 0, KVM_MEM_LOG_DIRTY_PAGES);
    set(0, 0, 0, 0, 0);
    // 1 created; 2 logs; 3 moved, 4 its INVALID stand-in; 5 the stand-in of the delete.
    assertThat(vm.host.of(Tracepoint.SLOT_FREE))
        .containsExactly("1,0,0,0", "4,0,0,0", "2,0,0,0", "5,0,0,0", "3,0,0,0");
  }

  @Test
  void theGenerationHasItsFlagOnlyDuringTheSwapAndGrowsByOneEach() {
    assertThat(generation()).isZero();
    set(0, 0, 4, 0, 0);
    assertThat(generation()).isEqualTo(1);
    set(0, 8, 4, 0, 0);
    assertThat(generation()).isEqualTo(3);
    long flag = KvmMemslots.GEN_UPDATE_IN_PROGRESS;
    assertThat(vm.host.of(Tracepoint.SLOTS_SWAP))
        .containsExactly(flag + ",0,0,0", (flag | 1) + ",0,0,0", (flag | 2) + ",0,0,0");
  }

  @Test
  void flagsOnlyChangesCountLoggingSlotsAndKeepTheBitmap() {
    set(0, 0, 4, 0, KVM_MEM_LOG_DIRTY_PAGES);
    assertThat(vm.kvm.nrMemslotsDirtyLogging.readOnce()).isOne();
    int idx = vm.kvm.srcu.readLock();
    vm.kvm.memslots.markPageDirtyInSlot(vm.kvm.memslots.gfnToMemslot(3).orElseThrow(), 3);
    vm.kvm.srcu.readUnlock(idx);
    set(0, 8, 4, 0, KVM_MEM_LOG_DIRTY_PAGES);
    assertThat(slotAt(8).orElseThrow().dirtyBitmap().at(0).readOnce()).isEqualTo(8);
    set(0, 8, 4, 0, 0);
    assertThat(vm.host.of(Tracepoint.SLOT_FLAGS)).containsExactly("0,1,0,0", "0,1,0,0", "0,0,0,0");
    assertThat(vm.kvm.nrMemslotsDirtyLogging.readOnce()).isZero();
    assertThat(slotAt(8).orElseThrow().dirtyBitmap()).isNull();
  }

  @Test
  void anArchitectureThatRefusesAMoveLeavesTheOldSlotActive() {
    set(0, 0, 4, 0, 0);
    vm.arch.prepareResult = -Errno.ENOMEM;
    assertThat(set(0, 8, 4, 0, 0)).isEqualTo(-Errno.ENOMEM);
    assertThat(slotAt(0).orElseThrow()).isEqualTo(new KvmMemorySlot(1, 0, 0, 4, 0, 0));
    assertThat(slotAt(8)).isEmpty();
    assertThat(set(1, 8, 4, 0, 0)).isEqualTo(-Errno.ENOMEM);
    vm.arch.prepareResult = 0;
    assertThat(set(1, 8, 4, 0, 0)).as("locks were let go of").isZero();
  }

  @Test
  void lookupsTellNoSlotInvalidAndReadonlyApart() {
    set(0, 0, 4, 2, KVM_MEM_READONLY);
    int idx = vm.kvm.srcu.readLock();
    Optional<KvmMemorySlot> slot = vm.kvm.memslots.gfnToMemslot(1);
    assertThat(vm.kvm.memslots.gfnToHvaMemslotProt(slot, 1)).isEqualTo(new KvmHva(3, false));
    assertThat(vm.kvm.memslots.gfnToHvaMany(slot, 1, true)).isEqualTo(KvmHva.ERR_RO_BAD);
    assertThat(vm.kvm.memslots.gfnToHvaMany(Optional.empty(), 9, false)).isEqualTo(KvmHva.ERR_BAD);
    assertThat(vm.kvm.gfnToPfn.gfnToPfnMemslot(slot, 1, true).pfn()).isEqualTo(KvmPfn.ERR_RO_FAULT);
    assertThat(vm.kvm.gfnToPfn.gfnToPfnMemslot(Optional.empty(), 9, true).pfn()).isEqualTo(KvmPfn.NOSLOT);
    KvmPfn read = vm.kvm.gfnToPfn.gfnToPfnMemslot(slot, 1, false);
    assertThat(read.pfn()).isPositive();
    assertThat(read.writable()).isFalse();
    vm.kvm.gfnToPfn.releasePfnClean(read.pfn());
    vm.kvm.srcu.readUnlock(idx);
    vm.host.assertAccountsBalance(0);
  }

  @Test
  void aReadFaultOfAWritablePageMapsItWritable() {
    KvmPfn pfn = vm.kvm.gfnToPfn.hvaToPfn(0, false, true);
    assertThat(pfn.writable()).isTrue();
    vm.kvm.gfnToPfn.releasePfnClean(pfn.pfn());
    assertThat(vm.kvm.gfnToPfn.hvaToPfn(0, false, false)).isEqualTo(new KvmPfn(pfn.pfn(), false));
  }

  @Test
  void aSwapWaitsForTheOpenNotifierPairAndForItAlone() {
    int waited = 0;
    for (long seed = 0; seed < 500; seed++) {
      KvmVm w = new KvmVm(Era.V6_12);
      w.host.fault.doPageFault(0, true);
      w.host.task("munmap", () -> w.host.mmap.munmap(0, 2));
      w.host.task("ioctl", () -> assertThat(w.slot(0, 4, 0)).isZero());
      w.host.run(seed);
      assertThat(swapsInsidePairs(w.host.world.trace())).as("seed %d", seed).isZero();
      Trace trace = w.host.world.trace();
      for (int i = 0; i < trace.size(); i++) {
        waited += trace.op(i) == Op.BLOCKED && trace.a(i) == Op.SCHEDULE.ordinal() ? 1 : 0;
      }
      w.assertCoherent(seed);
    }
    assertThat(waited).as("swaps that had to wait").isPositive();
  }

  @Test
  void aSwapThatDoesNotWaitIsCaughtByTheSameCheck() {
    int swaps = 0;
    for (long seed = 0; seed < 500; seed++) {
      KvmVm w = new KvmVm(Era.V6_12, text -> text.withMemslots(kvm -> new Memslots(kvm) {
        @Override
        protected void waitForNotifiers() {
          kvm.mnInvalidateLock.lock();
        }
      }));
      w.host.task("munmap", () -> w.host.mmap.munmap(0, 2));
      w.host.task("ioctl", () -> w.slot(0, 4, 0));
      w.host.run(seed);
      swaps += swapsInsidePairs(w.host.world.trace());
    }
    assertThat(swaps).isPositive();
  }

  private static int swapsInsidePairs(Trace trace) {
    long active = 0;
    int swaps = 0;
    for (int i = 0; i < trace.size(); i++) {
      if (trace.op(i) == Op.TRACE && trace.point(i) == Tracepoint.MN_ACTIVE) {
        active = trace.a(i);
      } else if (trace.op(i) == Op.TRACE && trace.point(i) == Tracepoint.SLOTS_SWAP && active != 0) {
        swaps++;
      }
    }
    return swaps;
  }
}
