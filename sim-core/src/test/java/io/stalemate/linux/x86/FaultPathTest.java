package io.stalemate.linux.x86;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.stalemate.cpu.GuestInstruction;
import io.stalemate.cpu.GuestRegisters;
import io.stalemate.linux.Errno;
import io.stalemate.linux.kvm.Era;
import io.stalemate.linux.kvm.ExitReason;
import io.stalemate.linux.kvm.GfnToPfn;
import io.stalemate.linux.kvm.KvmHva;
import io.stalemate.linux.kvm.KvmMemorySlot;
import io.stalemate.linux.kvm.KvmPfn;
import io.stalemate.linux.kvm.KvmRun;
import io.stalemate.linux.kvm.MemAttributes;
import io.stalemate.linux.kvm.Requests;
import io.stalemate.machine.Tracepoint;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What the page-fault clean-ups of v6.11 changed, patch by patch, where no combination of plain facts shows it. */
final class FaultPathTest {

  private static final long UPPER = PfErrorCode.GUEST_FINAL | PfErrorCode.GUEST_VMPL;

  private final List<KvmPageFault> faults = new ArrayList<>();
  // As they are when the fault begins.
  private final List<Long> pfns = new ArrayList<>();
  private final List<Long> hvas = new ArrayList<>();

  /** A text whose MMU answers each fault with {@code ret}. */
  private Function<X86Text, X86Text> answering(int ret) {
    return text -> text.with(DirectPageFault.class, mmu -> new DirectPageFault(mmu) {
      @Override
      public int kvmTdpMmuPageFault(X86Vcpu vcpu, KvmPageFault fault) {
        faults.add(fault);
        pfns.add(fault.pfn);
        hvas.add(fault.hva);
        return ret;
      }
    });
  }

  private static KvmRun run(FaultVm vm) {
    KvmRun run = new KvmRun(vm.m, 0);
    run.exit(ExitReason.UNKNOWN);
    return run;
  }

  private static GuestRegisters storeTo(long gfn) {
    return new GuestRegisters(List.of(GuestInstruction.store(gfn, 0x77)));
  }

  @Test
  void aPrivateFaultThatAsksForEmulationLeavesWithAMemoryFault() {
    FaultVm.run(Era.V6_12, VmType.SNP, true, answering(RetPf.EMULATE), vm -> {
      KvmRun run = run(vm);
      assertThat(vm.fault(run, storeTo(FaultVm.GMEM_GFN), FaultVm.GMEM_GFN,
          PfErrorCode.WRITE | PfErrorCode.PRIVATE_ACCESS)).isEqualTo(-Errno.EFAULT);
      assertThat(run.exitReason()).isEqualTo(ExitReason.MEMORY_FAULT);
      assertThat(run.memoryFaultPrivate()).isTrue();
      assertThat(run.memoryFaultGpa()).isEqualTo(FaultVm.GMEM_GFN << 12);
    });
  }

  @Test
  void aPrivateReservedBitFaultIsNoMmioWhateverIsCachedAndOnlyAnSnpGuestMayBringOne() {
    for (VmType type : VmType.values()) {
      FaultVm.run(Era.V6_12, type, true, vm -> {
        vm.entry(FaultVm.NONE_GFN, Spte.mmioOf(FaultVm.NONE_GFN, vm.generation()));
        assertThat(vm.fault(run(vm), storeTo(FaultVm.NONE_GFN), FaultVm.NONE_GFN, PfErrorCode.RSVD)).isZero();
        vm.forget();
        KvmRun run = run(vm);
        assertThat(vm.fault(run, storeTo(FaultVm.NONE_GFN), FaultVm.NONE_GFN,
            PfErrorCode.RSVD | PfErrorCode.PRIVATE_ACCESS)).isEqualTo(-Errno.EFAULT);
        assertThat(run.exitReason()).isEqualTo(ExitReason.UNKNOWN);
        assertThat(vm.points).doesNotContain(Tracepoint.MMIO_CACHED, Tracepoint.MMIO_SPTE_CHECK);
        assertThat(vm.warned()).isEqualTo(type != VmType.SNP);
      });
    }
  }

  @Test
  void beforeThatItWasEmulatedInTheHostsPage() {
    FaultVm.run(Era.V6_8, VmType.SW_PROTECTED, true, answering(RetPf.EMULATE), vm -> {
      vm.kvm.memAttributes.set(FaultVm.GMEM_GFN, FaultVm.GMEM_GFN + 1, MemAttributes.KVM_MEMORY_ATTRIBUTE_PRIVATE);
      GuestRegisters regs = storeTo(FaultVm.GMEM_GFN);
      assertThat(vm.fault(run(vm), regs, FaultVm.GMEM_GFN, PfErrorCode.WRITE)).isPositive();
      assertThat(faults.getFirst().isPrivate).isTrue();
      assertThat(regs.pc()).isEqualTo(1);
    });
  }

  @Test
  void theErrorCodeArrivesWithAllItsBitsAndBeforeThatWithTheLower32() {
    FaultVm.run(Era.V6_12, VmType.DEFAULT, true, answering(RetPf.FIXED),
        vm -> vm.fault(run(vm), storeTo(FaultVm.RW_GFN), FaultVm.RW_GFN, PfErrorCode.WRITE | UPPER));
    FaultVm.run(Era.V6_8, VmType.DEFAULT, true, answering(RetPf.FIXED),
        vm -> vm.fault(run(vm), storeTo(FaultVm.RW_GFN), FaultVm.RW_GFN, PfErrorCode.WRITE | UPPER));
    assertThat(faults).extracting(fault -> fault.errorCode)
        .containsExactly(PfErrorCode.WRITE | UPPER, PfErrorCode.WRITE);
  }

  @Test
  void frameAndHvaBeginAsErrorsAndBeforeThatAsZero() {
    for (Era era : new Era[] {Era.V6_12, Era.V6_8}) {
      Function<X86Text, X86Text> looking = text -> text.with(DirectPageFault.class, mmu -> new DirectPageFault(mmu) {
        @Override
        public int kvmTdpMmuPageFault(X86Vcpu vcpu, KvmPageFault fault) {
          pfns.add(fault.pfn);
          hvas.add(fault.hva);
          return RetPf.RETRY;
        }
      });
      FaultVm.run(era, VmType.DEFAULT, true, looking,
          vm -> vm.fault(run(vm), storeTo(FaultVm.RW_GFN), FaultVm.RW_GFN, PfErrorCode.WRITE));
    }
    assertThat(pfns).containsExactly(KvmPfn.ERR_FAULT, 0L);
    assertThat(hvas).containsExactly(KvmHva.ERR_BAD, 0L);
  }

  @Test
  void hardwareThatSetsImplicitAccessWasCaughtHereBeforeTheCheckMovedToTheNpfHandler() {
    long code = PfErrorCode.WRITE | PfErrorCode.IMPLICIT_ACCESS;
    FaultVm.run(Era.V6_8, VmType.DEFAULT, true, answering(RetPf.FIXED), vm -> {
      vm.forget();
      vm.fault(run(vm), storeTo(FaultVm.RW_GFN), FaultVm.RW_GFN, code);
      assertThat(vm.warned()).isTrue();
    });
    FaultVm.run(Era.V6_12, VmType.DEFAULT, true, answering(RetPf.FIXED), vm -> {
      vm.forget();
      vm.fault(run(vm), storeTo(FaultVm.RW_GFN), FaultVm.RW_GFN, code);
      assertThat(vm.warned()).isFalse();
    });
    assertThat(faults).extracting(fault -> fault.errorCode).containsExactly(PfErrorCode.WRITE, code);
  }

  @Test
  void aFlagOfKvmsInTheLowerHalfWouldNotBuild() {
    assertThat(MmuPageFault.hasLegacyBits(PfErrorCode.SYNTHETIC)).isFalse();
    for (int bit = 0; bit < Long.SIZE; bit++) {
      boolean legacy = MmuPageFault.hasLegacyBits(PfErrorCode.SYNTHETIC | 1L << bit);
      assertThat(legacy).as("bit %d", bit).isEqualTo(bit < 32);
    }
    assertThatThrownBy(() -> MmuPageFault.buildBugOn(true)).isInstanceOf(ExceptionInInitializerError.class);
  }

  @ParameterizedTest
  @EnumSource(value = Era.class, names = {"V6_8", "V6_12"})
  void anAnswerThatIsNoneEndsTheVm(Era era) {
    FaultVm.run(era, VmType.DEFAULT, true, answering(RetPf.INVALID), vm -> {
      assertThat(vm.fault(run(vm), storeTo(FaultVm.RW_GFN), FaultVm.RW_GFN, PfErrorCode.WRITE)).isEqualTo(-Errno.EIO);
      assertThat(vm.m.warnings()).containsExactly("kvm_mmu_do_page_fault: RET_PF_INVALID");
      assertThat(vm.kvm.requests.checkRequest(Requests.KVM_REQ_VM_DEAD, vm.vcpu)).isTrue();
    });
  }

  @ParameterizedTest
  @EnumSource(value = Era.class, names = {"V6_8", "V6_12"})
  void aVcpuWithoutARootTriesAgain(Era era) {
    FaultVm.run(era, VmType.DEFAULT, true, vm -> {
      vm.vcpu.root.write(0);
      assertThat(vm.fault(run(vm), storeTo(FaultVm.RW_GFN), FaultVm.RW_GFN, PfErrorCode.WRITE)).isPositive();
      assertThat(vm.m.warnings()).containsExactly("kvm_mmu_page_fault without a root");
    });
  }

  @ParameterizedTest
  @EnumSource(value = Era.class, names = {"V6_8", "V6_12"})
  void anAnswerThatIsNoneIsABug(Era era) {
    FaultVm.run(era, VmType.DEFAULT, true, answering(RetPf.INVALID), vm -> {
      assertThat(vm.fault(run(vm), storeTo(FaultVm.RW_GFN), FaultVm.RW_GFN, PfErrorCode.WRITE))
          .isEqualTo(-Errno.EIO);
      assertThat(vm.m.warnings()).containsExactly("kvm_mmu_do_page_fault: RET_PF_INVALID");
    });
  }

  @ParameterizedTest
  @EnumSource(value = Era.class, names = {"V6_8", "V6_12"})
  void aWriteToATrackedGfnIsEmulatedInMemory(Era era) {
    FaultVm.run(era, VmType.DEFAULT, true, vm -> {
      assertThat(vm.mmu.pageTrack.kvmWriteTrackAddGfn(FaultVm.RW_GFN)).isZero();
      GuestRegisters regs = storeTo(FaultVm.RW_GFN);
      assertThat(vm.fault(run(vm), regs, FaultVm.RW_GFN, PfErrorCode.WRITE | PfErrorCode.PRESENT)).isPositive();
      assertThat(regs.pc()).isEqualTo(1);
      assertThat(vm.points).contains(Tracepoint.EMULATE, Tracepoint.GUEST_ACCESS_DONE);
      assertThat(vm.mapped()).isEqualTo(KvmPfn.NOSLOT);
    });
  }

  @Test
  void theSequenceIsSampledBeforeTheAttributeIsReadAndThatBeforeTheSlotCounts() {
    FaultVm.run(Era.V6_12, VmType.SW_PROTECTED, true, vm -> {
      vm.fault(run(vm), storeTo(FaultVm.RW_GFN), FaultVm.RW_GFN, PfErrorCode.WRITE);
      vm.forget();
      vm.fault(run(vm), storeTo(FaultVm.INVALID_GFN), FaultVm.INVALID_GFN, PfErrorCode.WRITE);
      assertThat(vm.points).containsSubsequence(Tracepoint.X86_FAULT, Tracepoint.FAULT_SEQ, Tracepoint.PRIVATE_CHECK,
          Tracepoint.FAULT_DONE, Tracepoint.X86_FAULT_RET).doesNotContain(Tracepoint.FAULT_PFN);
    });
    FaultVm.run(Era.V6_8, VmType.SW_PROTECTED, true, vm -> {
      vm.forget();
      vm.fault(run(vm), storeTo(FaultVm.INVALID_GFN), FaultVm.INVALID_GFN, PfErrorCode.WRITE);
      assertThat(vm.points).contains(Tracepoint.FAULT_SEQ).doesNotContain(Tracepoint.PRIVATE_CHECK);
    });
  }

  @Test
  void anErrorForAFrameEndsTheFaultAndASlotWithoutAFrameIsWarnedOfAndTakenForMmio() {
    assertThat(withPfn(KvmPfn.ERR_HWPOISON)).isEqualTo("again");
    assertThat(withPfn(KvmPfn.ERR_FAULT)).isEqualTo("errno 14");
    assertThat(withPfn(KvmPfn.NOSLOT)).isEqualTo("mmio warned");
  }

  private static String withPfn(long pfn) {
    List<String> said = new ArrayList<>();
    FaultVm.runCommon(Era.V6_12, common -> common.withGfnToPfn(kvm -> new GfnToPfn(kvm) {
      @Override
      public KvmPfn gfnToPfnMemslot(
          Optional<KvmMemorySlot> slot, long gfn, boolean writeFault, boolean async) {
        return new KvmPfn(pfn, false);
      }
    }), vm -> {
      KvmRun run = run(vm);
      vm.forget();
      int ret = vm.fault(run, storeTo(FaultVm.RW_GFN), FaultVm.RW_GFN, PfErrorCode.WRITE);
      said.add((ret < 0 ? "errno " + -ret : ret == 0 && run.exitReason() == ExitReason.MMIO ? "mmio" : "again")
          + (vm.warned() ? " warned" : ""));
    });
    return said.getFirst();
  }

  @Test
  void theHostsPageIsLetGoOfOnceItIsMapped() {
    FaultVm.run(Era.V6_12, VmType.DEFAULT, true, vm -> {
      vm.fault(run(vm), storeTo(FaultVm.RW_GFN), FaultVm.RW_GFN, PfErrorCode.WRITE);
      assertThat(vm.mm.memMap.pfnToPage(vm.mapped()).refCount()).as("the host's own").isEqualTo(1);
    });
  }

  @Test
  void anInvalidationThatCameBetweenSendsTheFaultBackUnlessItFoundNoMemory() {
    Function<X86Text, X86Text> interrupted = text -> text.with(KvmFaultin.class, mmu -> new KvmFaultin(mmu) {
      @Override
      public int kvmFaultinPfn(X86Vcpu vcpu, KvmPageFault fault, int access) {
        int ret = super.kvmFaultinPfn(vcpu, fault, access);
        kvm.mmuLock.writeLock();
        kvm.mmuInvalidation.begin();
        kvm.mmuInvalidation.rangeAdd(0, 1);
        kvm.mmuInvalidation.end();
        kvm.mmuLock.writeUnlock();
        return ret;
      }
    });
    FaultVm.run(Era.V6_12, VmType.DEFAULT, true, interrupted, vm -> {
      assertThat(vm.fault(run(vm), storeTo(FaultVm.RW_GFN), FaultVm.RW_GFN, PfErrorCode.WRITE)).isPositive();
      assertThat(vm.mapped()).isEqualTo(KvmPfn.NOSLOT);
      assertThat(vm.points).contains(Tracepoint.FAULT_RETRY);
      vm.forget();
      KvmRun run = run(vm);
      assertThat(vm.fault(run, storeTo(FaultVm.NONE_GFN), FaultVm.NONE_GFN, PfErrorCode.WRITE)).isZero();
      assertThat(run.exitReason()).isEqualTo(ExitReason.MMIO);
    });
  }
}
