package io.stalemate.linux.x86;

import static org.assertj.core.api.Assertions.assertThat;

import io.stalemate.linux.kvm.Era;
import io.stalemate.linux.kvm.KvmMemslots;
import io.stalemate.machine.Tracepoint;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

final class MmioSptesTest {

  private static final long GFN = FaultVm.NONE_GFN;

  private static boolean matches(FaultVm vm, long gfn) {
    int idx = vm.kvm.srcu.readLock();
    boolean matches = vm.mmu.mmio.vcpuMatchMmioGpa(vm.vcpu, gfn << 12 | 0x123);
    vm.kvm.srcu.readUnlock(idx);
    return matches;
  }

  private static int handle(FaultVm vm, long gfn) {
    int idx = vm.kvm.srcu.readLock();
    int ret = vm.mmu.mmio.handleMmioPageFault(vm.vcpu, gfn << 12);
    vm.kvm.srcu.readUnlock(idx);
    return ret;
  }

  private static void cache(FaultVm vm, long gfn) {
    int idx = vm.kvm.srcu.readLock();
    vm.mmu.mmio.vcpuCacheMmioInfo(vm.vcpu, gfn, 0);
    vm.kvm.srcu.readUnlock(idx);
  }

  @Test
  void whatAVcpuNotedCountsForItsGfnUntilAMemslotChanges() {
    FaultVm.run(Era.V6_12, VmType.DEFAULT, true, vm -> {
      assertThat(matches(vm, 0)).as("nothing noted").isFalse();
      cache(vm, GFN);
      assertThat(matches(vm, GFN)).isTrue();
      assertThat(matches(vm, GFN - 1)).isFalse();
      vm.drop(0);
      assertThat(matches(vm, GFN)).isFalse();
    });
  }

  @Test
  void anMmioSpteCountsUntilAMemslotChanges() {
    FaultVm.run(Era.V6_12, VmType.DEFAULT, true, vm -> {
      vm.entry(GFN, Spte.mmioOf(GFN, vm.generation()));
      assertThat(handle(vm, GFN)).isEqualTo(RetPf.EMULATE);
      assertThat(matches(vm, GFN)).as("noted").isTrue();
      vm.drop(0);
      assertThat(handle(vm, GFN)).isEqualTo(RetPf.INVALID);
      vm.entry(GFN, Spte.NONPRESENT);
      assertThat(handle(vm, GFN)).as("zapped").isEqualTo(RetPf.RETRY);
      vm.entry(GFN, Spte.FROZEN);
      assertThat(handle(vm, GFN)).as("being zapped").isEqualTo(RetPf.RETRY);
    });
  }

  /** What is asked and answered while the set of memslots is new and readers of the old one may still be about. */
  @Test
  void nothingIsNotedOrBelievedWhileMemslotsAreInFlux() {
    List<Integer> answers = new ArrayList<>();
    FaultVm.run(Era.V6_12, VmType.DEFAULT, true, text -> text.with(MmioSptes.class, mmu -> new MmioSptes(mmu) {
      @Override
      public void invalidateMmioSptes(long generation) {
        int idx = kvm.srcu.readLock();
        long inFlux = kvm.memslots.kvmMemslots().generation().read();
        assertThat(inFlux & KvmMemslots.GEN_UPDATE_IN_PROGRESS).isNotZero();
        if (!kvm.vcpus().isEmpty()) {
          X86Vcpu vcpu = (X86Vcpu) kvm.vcpus().getFirst();
          vcpu.mmioGfn.write(0);
          vcpuCacheMmioInfo(vcpu, GFN, 0);
          answers.add((int) vcpu.mmioGfn.read());
          long spte = makeMmioSpte(vcpu, GFN, 0);
          mmu.toShadowPage(vcpu.root.read()).sptep(mmu.geometry.index(GFN, 2)).write(spte);
          answers.add(handleMmioPageFault(vcpu, GFN << 12));
          assertThat(Spte.mmioGeneration(spte)).as("that of before").isNotEqualTo(generation & Spte.MMIO_GEN_MASK);
        }
        kvm.srcu.readUnlock(idx);
        super.invalidateMmioSptes(generation);
      }
    }), vm -> {
      answers.clear();
      vm.drop(0);
      assertThat(answers).containsExactly(0, RetPf.INVALID);
      assertThat(handle(vm, GFN)).as("once it is over").isEqualTo(RetPf.INVALID);
    });
  }

  @Test
  void allGoesWhenTheBitsThatAnSpteHasOfTheGenerationWrapAround() {
    FaultVm.run(Era.V6_12, VmType.DEFAULT, true, vm -> {
      for (long times = 1; times <= 3; times++) {
        long wrapped = times << Spte.MMIO_GEN_BITS;
        for (long generation : new long[] {wrapped - 1, wrapped, wrapped + 1}) {
          vm.forget();
          vm.kvm.slotsLock.lock();
          vm.mmu.mmio.invalidateMmioSptes(generation);
          vm.kvm.slotsLock.unlock();
          boolean wraps = generation == wrapped;
          assertThat(vm.points.contains(Tracepoint.ZAP_ALL_FAST)).as("%x", generation).isEqualTo(wraps);
          assertThat(vm.points.contains(Tracepoint.MMIO_GEN_WRAP)).as("%x", generation).isEqualTo(wraps);
        }
      }
    });
  }

  @Test
  void aVmMayBeginAtAnyGeneration() {
    FaultVm.run(Era.V6_12, VmType.DEFAULT, true,
        vm -> assertThat(vm.generation()).as("it began at 7, and five memslots came").isEqualTo(12));
  }

  @Test
  void anMmioSpteGivesBackGfnAndGenerationAndIsNoOther() {
    for (int bit = 0; bit < Spte.MMIO_GEN_BITS; bit++) {
      for (long gfn : new long[] {0, 1, 0x55, (1L << 40) - 1}) {
        long spte = Spte.mmioOf(gfn, 1L << bit | 1L << 63 | 1L << Spte.MMIO_GEN_BITS);
        assertThat(Spte.mmio(spte)).isTrue();
        assertThat(Spte.shadowPresent(spte)).isFalse();
        assertThat(Spte.mmioGeneration(spte)).isEqualTo(1L << bit);
        assertThat(Spte.mmioGfn(spte)).isEqualTo(gfn);
      }
    }
    assertThat(Spte.mmio(Spte.NONPRESENT)).isFalse();
    assertThat(Spte.mmio(Spte.FROZEN)).isFalse();
  }
}
