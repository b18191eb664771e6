package io.stalemate.linux.x86;

import static org.assertj.core.api.Assertions.assertThat;

import io.stalemate.linux.Errno;
import io.stalemate.linux.kvm.Era;
import io.stalemate.linux.kvm.MemAttributes;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

final class PreFaultTest {

  @Test
  void pagesAreDoneUntilOneFailsAndTheErrnoShowsOnlyIfItIsTheFirst() {
    FaultVm.run(Era.V6_12, VmType.DEFAULT, true, vm -> {
      PreFault preFault = vm.mmu.preFault;
      assertThat(preFault.preFaultMemory(vm.vcpu, FaultVm.RW_GFN, FaultVm.RW_GFN + 4)).isEqualTo(4);
      assertThat(preFault.preFaultMemory(vm.vcpu, FaultVm.RO_GFN, FaultVm.RO_GFN + 4)).as("two have slots")
          .isEqualTo(2);
      assertThat(preFault.preFaultMemory(vm.vcpu, FaultVm.NONE_GFN, FaultVm.NONE_GFN + 1)).isEqualTo(-Errno.ENOENT);
      assertThat(preFault.preFaultMemory(vm.vcpu, FaultVm.INVALID_GFN, FaultVm.INVALID_GFN + 1))
          .as("its slot is going").isEqualTo(-Errno.EAGAIN);
      assertThat(preFault.preFaultMemory(vm.vcpu, 3, 3)).isEqualTo(-Errno.EINVAL);
      assertThat(preFault.preFaultMemory(vm.vcpu, -1, 3)).isEqualTo(-Errno.EINVAL);
    });
  }

  @Test
  void theAttributeSaysWhetherPrivateMemoryIsMapped() {
    FaultVm.run(Era.V6_12, VmType.SNP, true, vm -> {
      vm.kvm.memAttributes.set(FaultVm.RW_GFN, FaultVm.RW_GFN + 1, MemAttributes.KVM_MEMORY_ATTRIBUTE_PRIVATE);
      vm.kvm.memAttributes.set(FaultVm.GMEM_GFN, FaultVm.GMEM_GFN + 1, MemAttributes.KVM_MEMORY_ATTRIBUTE_PRIVATE);
      assertThat(vm.mmu.preFault.preFaultMemory(vm.vcpu, FaultVm.GMEM_GFN, FaultVm.GMEM_GFN + 1)).isEqualTo(1);
      assertThat(vm.what(FaultVm.GMEM_GFN)).isEqualTo("gmem w");
      assertThat(vm.mmu.preFault.preFaultMemory(vm.vcpu, FaultVm.RW_GFN, FaultVm.RW_GFN + 1))
          .as("no private memory there").isEqualTo(-Errno.EFAULT);
    });
  }

  @Test
  void v68HasNoSuchIoctl() {
    FaultVm.run(Era.V6_8, VmType.DEFAULT, true,
        vm -> assertThat(vm.mmu.preFault.preFaultMemory(vm.vcpu, 2, 3)).isEqualTo(-Errno.ENOTTY));
  }

  @Test
  void aFaultThatIsToBeTriedAgainIsWithARootThatIsLookedAtAgain() {
    AtomicInteger attempts = new AtomicInteger();
    AtomicInteger reloads = new AtomicInteger();
    FaultVm.run(Era.V6_12, VmType.DEFAULT, true, text -> text
        .with(DirectPageFault.class, mmu -> new DirectPageFault(mmu) {
          @Override
          public int kvmTdpMmuPageFault(X86Vcpu vcpu, KvmPageFault fault) {
            assertThat(fault.prefetch).isTrue();
            return attempts.incrementAndGet() < 3 ? RetPf.RETRY : RetPf.SPURIOUS;
          }
        })
        .with(TdpRoots.class, mmu -> new TdpRoots(mmu) {
          @Override
          public int kvmMmuReload(X86Vcpu vcpu) {
            reloads.incrementAndGet();
            return 0;
          }
        }), vm -> assertThat(vm.mmu.preFault.preFaultMemory(vm.vcpu, 2, 3)).isEqualTo(1));
    assertThat(attempts).hasValue(3);
    assertThat(reloads).hasValue(3);
  }
}
