package io.stalemate.linux.arm64;

import static io.stalemate.linux.Errno.EINVAL;
import static io.stalemate.linux.Errno.ERANGE;

import io.stalemate.cpu.GuestRegisters;
import io.stalemate.cpu.Hypercall;
import io.stalemate.cpu.StageTwoGeometry;
import io.stalemate.linux.kvm.KvmVcpu;
import io.stalemate.machine.KernelFunction;
import io.stalemate.machine.Machine;
import io.stalemate.machine.Tracepoint;

/**
 * {@code arch/arm64/kvm/hypercalls.c}: what a guest asks of KVM by HVC. Of the many functions there are those of the
 * MMIO guard series (v2 of October 2021, patch 7), which was never merged, and {@code SYSTEM_RESET}.
 */
public class Hypercalls {

  /** {@code SMCCC_RET_SUCCESS}. */
  public static final long SMCCC_RET_SUCCESS = 0;
  /** {@code SMCCC_RET_NOT_SUPPORTED}: no such function, and in the series every failure. */
  public static final long SMCCC_RET_NOT_SUPPORTED = -1;
  /** {@code SMCCC_RET_INVALID_PARAMETER}. */
  public static final long SMCCC_RET_INVALID_PARAMETER = -3;

  /** {@code PSCI_0_2_FN_SYSTEM_RESET}. */
  public static final long PSCI_SYSTEM_RESET = 0x8400_0009L;
  /** {@code ARM_SMCCC_VENDOR_HYP_KVM_MMIO_GUARD_INFO_FUNC_ID}: yields the granule in bytes. */
  public static final long MMIO_GUARD_INFO = 0xc600_0002L;
  /** {@code ..._ENROLL_FUNC_ID}: from now on only pages that were mapped leave to the VMM. */
  public static final long MMIO_GUARD_ENROLL = 0xc600_0003L;
  /** {@code ..._MAP_FUNC_ID}: the page at the argument is a device. */
  public static final long MMIO_GUARD_MAP = 0xc600_0004L;
  /** {@code ..._UNMAP_FUNC_ID}: it no longer is. */
  public static final long MMIO_GUARD_UNMAP = 0xc600_0005L;

  /** Back into the guest. */
  private static final int RESUME = 1;

  private final Machine m;
  private final MmioGuard mmioGuard;

  /** Answers the guest whose MMU is {@code arch}. */
  public Hypercalls(Arm64Mmu arch) {
    this.m = arch.m;
    this.mmioGuard = arch.mmioGuard();
  }

  /**
   * Answers the call that {@code vcpu} is at. May sleep.
   *
   * @return 1: the guest goes on behind its HVC, with the result in x0
   */
  @KernelFunction(
      value = "kvm_hvc_call_handler",
      file = "arch/arm64/kvm/hypercalls.c",
      version = "v5.15-v6.12",
      elided = "SMCCC filters, PSCI but for SYSTEM_RESET, feature discovery, PTP, TRNG, stolen time, 32-bit guests")
  public int kvmHvcCallHandler(KvmVcpu vcpu, GuestRegisters regs) {
    Hypercall call = regs.hypercall();
    m.trace(Tracepoint.HYPERCALL, vcpu.id, call.function(), call.argument(), 0);
    long val = answer(vcpu, call);
    m.trace(Tracepoint.SMCCC_RESULT, vcpu.id, call.function(), val, 0);
    regs.smcccSetRetval(val);
    return RESUME;
  }

  private long answer(KvmVcpu vcpu, Hypercall call) {
    if (call.function() == MMIO_GUARD_INFO) {
      return StageTwoGeometry.PAGE_SIZE;
    }
    if (call.function() == MMIO_GUARD_ENROLL) {
      mmioGuard.enroll(vcpu);
      return SMCCC_RET_SUCCESS;
    }
    if (call.function() == MMIO_GUARD_MAP) {
      return mmioGuard.tellsErrors()
          ? result(mmioGuard.installIoguardPage(vcpu, call.argument()))
          : result(mmioGuard.kvmInstallIoguardPage(vcpu, call.argument()));
    }
    if (call.function() == MMIO_GUARD_UNMAP) {
      return mmioGuard.tellsErrors()
          ? result(mmioGuard.removeIoguardPage(vcpu, call.argument()))
          : result(mmioGuard.kvmRemoveIoguardPage(vcpu, call.argument()));
    }
    if (call.function() == PSCI_SYSTEM_RESET) {
      // model: the exit to the VMM and the reset of the vCPUs; the guest's program goes on as the next guest.
      mmioGuard.kvmPrepareSystemEvent();
      return SMCCC_RET_SUCCESS;
    }
    return SMCCC_RET_NOT_SUPPORTED;
  }

  /** The series' result: every failure looks as if there were no such function. */
  private static long result(boolean done) {
    return done ? SMCCC_RET_SUCCESS : SMCCC_RET_NOT_SUPPORTED;
  }

  /** What the errno has to say: whether another argument would help. */
  private static long result(int ret) {
    return ret == -EINVAL || ret == -ERANGE ? SMCCC_RET_INVALID_PARAMETER : result(ret == 0);
  }
}
