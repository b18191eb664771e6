package io.stalemate.linux.x86;

import static org.assertj.core.api.Assertions.assertThat;

import io.stalemate.linux.Errno;
import io.stalemate.linux.kvm.Era;
import io.stalemate.linux.kvm.MemoryRegions;
import io.stalemate.linux.kvm.Requests;
import io.stalemate.linux.mm.Pte;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

final class ApicAccessPageTest {

  /** The page's host page in {@link FaultVm}. */
  private static final long HVA = 8;

  private static void run(Consumer<FaultVm> test) {
    FaultVm.run(Era.V6_12, VmType.DEFAULT, true, test);
  }

  private static long reload(FaultVm vm) {
    vm.kvm.requests.checkRequest(Requests.KVM_REQ_APIC_PAGE_RELOAD, vm.vcpu);
    int idx = vm.kvm.srcu.readLock();
    vm.mmu.apic.kvmVcpuReloadApicAccessPage(vm.vcpu);
    vm.kvm.srcu.readUnlock(idx);
    return vm.vcpu.apicAccessAddr.read();
  }

  private static boolean asked(FaultVm vm) {
    return vm.kvm.requests.checkRequest(Requests.KVM_REQ_APIC_PAGE_RELOAD, vm.vcpu);
  }

  @Test
  void aVcpuIsAskedForItWhenItIsMadeAndUsesTheHostsFrame() {
    run(vm -> {
      assertThat(asked(vm)).isTrue();
      long pfn = reload(vm);
      assertThat(pfn).isEqualTo(Pte.pfn(vm.mm.pte(HVA).read()));
      assertThat(vm.mm.memMap.pfnToPage(pfn).refCount()).as("not pinned").isEqualTo(1);
      assertThat(asked(vm)).isFalse();
    });
  }

  @Test
  void insideAnInvalidationItKeepsWhatItHasAndAsksItselfAgain() {
    run(vm -> {
      vm.kvm.mmuLock.writeLock();
      vm.kvm.mmuInvalidation.begin();
      vm.kvm.mmuInvalidation.rangeAdd(FaultVm.APIC_GFN, FaultVm.APIC_GFN + 1);
      vm.kvm.mmuLock.writeUnlock();
      assertThat(reload(vm)).isZero();
      assertThat(asked(vm)).isTrue();
      vm.kvm.mmuLock.writeLock();
      vm.kvm.mmuInvalidation.end();
      vm.kvm.mmuLock.writeUnlock();
      assertThat(reload(vm)).isNotZero();
    });
  }

  @Test
  void anUnmapOfThePageAsksAllVcpusAndOneOfAnotherNone() {
    run(vm -> {
      reload(vm);
      vm.kvm.mmuLock.writeLock();
      vm.mmu.unmapGfnRange(0, FaultVm.APIC_GFN, false);
      assertThat(asked(vm)).isFalse();
      vm.mmu.unmapGfnRange(FaultVm.APIC_GFN, FaultVm.APIC_GFN + 1, false);
      assertThat(asked(vm)).isTrue();
      vm.kvm.mmuLock.writeUnlock();
    });
  }

  @Test
  void slotsOfKvmsOwnHaveIdsThatNoUserMayHave() {
    run(vm -> {
      MemoryRegions regions = vm.kvm.memoryRegions;
      assertThat(regions.setMemoryRegion(ApicAccessPage.PRIVATE_MEMSLOT, 0, 1, 9, 0)).isEqualTo(-Errno.EINVAL);
      assertThat(vm.mmu.apic.kvmAllocApicAccessPage(9)).as("it is there").isEqualTo(-Errno.EINVAL);
      vm.kvm.slotsLock.lock();
      assertThat(regions.setInternalMemoryRegion(5, 0, 1, 9)).as("a user's").isEqualTo(-Errno.EINVAL);
      assertThat(regions.setInternalMemoryRegion(MemoryRegions.KVM_USER_MEM_SLOTS, FaultVm.RW_GFN, 1, 9))
          .as("overlaps").isEqualTo(-Errno.EEXIST);
      assertThat(regions.setInternalMemoryRegion(MemoryRegions.KVM_USER_MEM_SLOTS, 0, 1, 9)).isZero();
      vm.kvm.slotsLock.unlock();
    });
  }
}
