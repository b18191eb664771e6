package io.stalemate.linux.x86;

import static org.assertj.core.api.Assertions.assertThat;

import io.stalemate.cpu.GuestInstruction;
import io.stalemate.cpu.GuestRegisters;
import io.stalemate.linux.kvm.Era;
import io.stalemate.linux.kvm.ExitReason;
import io.stalemate.linux.kvm.KvmMemorySlot;
import io.stalemate.linux.kvm.KvmRun;
import io.stalemate.linux.mm.Mmap;
import io.stalemate.linux.mm.Pte;
import io.stalemate.machine.Tracepoint;
import java.util.List;
import org.junit.jupiter.api.Test;

final class EmulateTest {

  private static final long HVA = 1;
  private static final long GFN = FaultVm.RW_GFN + HVA;

  private static String emulate(FaultVm vm, GuestInstruction instruction) {
    GuestRegisters regs = new GuestRegisters(List.of(instruction));
    KvmRun run = new KvmRun(vm.m, 0);
    int idx = vm.kvm.srcu.readLock();
    int ret = vm.mmu.emulate.emulateInstruction(vm.vcpu, run, regs, instruction.ipa());
    vm.kvm.srcu.readUnlock(idx);
    if (ret > 0) {
      assertThat(regs.pc()).isEqualTo(1);
      return vm.points.contains(Tracepoint.MMIO_IN_KERNEL) ? "device" : "memory";
    }
    return run.exitReason() == ExitReason.MMIO
        ? "mmio " + Long.toHexString(run.mmioPhysAddr()) + (run.mmioIsWrite() ? " w" : " r")
        : run.exitReason().name();
  }

  private static long token(FaultVm vm, long hva) {
    return vm.m.pages().words(Pte.pfn(vm.mm.pte(hva).read())).at(0).read();
  }

  @Test
  void aStoreReachesTheHostsPageAndMarksItDirty() {
    FaultVm.run(Era.V6_12, VmType.DEFAULT, true, vm -> {
      vm.kvm.memoryRegions.setMemoryRegion(0, FaultVm.RW_GFN, 2, 0, KvmMemorySlot.KVM_MEM_LOG_DIRTY_PAGES);
      vm.forget();
      assertThat(emulate(vm, GuestInstruction.store(GFN, 0x77))).isEqualTo("memory");
      assertThat(token(vm, HVA)).isEqualTo(0x77);
      assertThat(vm.points).containsSubsequence(
          Tracepoint.DIRTY_SET, Tracepoint.EMULATE, Tracepoint.GUEST_ACCESS_DONE);
      assertThat(emulate(vm, GuestInstruction.load(GFN))).isEqualTo("memory");
      assertThat(emulate(vm, GuestInstruction.fetch(GFN))).isEqualTo("memory");
    });
  }

  @Test
  void aPageThatTheHostTookAwayIsFaultedInAndOneThatItUnmappedIsADevice() {
    FaultVm.run(Era.V6_12, VmType.DEFAULT, true, vm -> {
      assertThat(new Mmap(vm.mm).madviseDontneed(HVA, 1)).isZero();
      assertThat(emulate(vm, GuestInstruction.store(GFN, 0x78))).isEqualTo("memory");
      assertThat(token(vm, HVA)).isEqualTo(0x78);
      assertThat(new Mmap(vm.mm).mprotect(HVA, 1, false)).isZero();
      assertThat(emulate(vm, GuestInstruction.store(GFN, 0x79))).isEqualTo("mmio 3000 w");
      assertThat(emulate(vm, GuestInstruction.load(GFN))).isEqualTo("memory");
      assertThat(new Mmap(vm.mm).munmap(HVA, 1)).isZero();
      assertThat(emulate(vm, GuestInstruction.load(GFN))).isEqualTo("mmio 3000 r");
    });
  }

  @Test
  void memslotsThatDoNotAnswerLeaveItToDevicesInTheKernelAndThenToTheVmm() {
    FaultVm.run(Era.V6_12, VmType.DEFAULT, true, vm -> {
      vm.kvm.slotsLock.lock();
      vm.kvm.ioBus.registerDev(FaultVm.INVALID_GFN << 12, 0x800);
      vm.kvm.slotsLock.unlock();
      vm.forget();
      assertThat(emulate(vm, GuestInstruction.load(FaultVm.INVALID_GFN).offsetBy(0x800))).isEqualTo("mmio 8800 r");
      assertThat(emulate(vm, GuestInstruction.store(FaultVm.RO_GFN, 1))).isEqualTo("mmio 4000 w");
      assertThat(emulate(vm, GuestInstruction.load(FaultVm.RO_GFN))).isEqualTo("memory");
      assertThat(emulate(vm, GuestInstruction.fetch(FaultVm.NONE_GFN))).isEqualTo("INTERNAL_ERROR");
      assertThat(emulate(vm, GuestInstruction.store(FaultVm.INVALID_GFN, 1))).isEqualTo("device");
    });
  }
}
