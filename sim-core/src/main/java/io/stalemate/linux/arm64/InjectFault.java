package io.stalemate.linux.arm64;

import io.stalemate.cpu.GuestRegisters;
import io.stalemate.linux.kvm.KvmVcpu;
import io.stalemate.machine.KernelFunction;
import io.stalemate.machine.Machine;
import io.stalemate.machine.Tracepoint;

/**
 * {@code arch/arm64/kvm/inject_fault.c}: exceptions for the guest. model: its handler gives the access up and goes on
 * behind it.
 */
public class InjectFault {

  private static final int EXTERNAL_ABORT = 0;
  private static final int ADDRESS_SIZE_FAULT = 1;
  private static final int SERROR = 2;

  private final Machine m;

  /** Injects into vCPUs of {@code m}. */
  public InjectFault(Machine m) {
    this.m = m;
  }

  /** Gives the guest a synchronous external abort at {@code addr}. */
  @KernelFunction(
      value = "inject_abt64",
      file = "arch/arm64/kvm/inject_fault.c",
      version = "v5.15-v6.12",
      elided = "the guest's exception registers")
  public void injectAbt64(KvmVcpu vcpu, GuestRegisters regs, boolean isIabt, long addr) {
    m.trace(Tracepoint.INJECT_ABORT, vcpu.id, addr, isIabt ? 1 : 0, EXTERNAL_ABORT);
    regs.abandon();
  }

  /** Gives the guest an address-size fault of level 0 at {@code addr}. */
  @KernelFunction(
      value = "kvm_inject_size_fault",
      file = "arch/arm64/kvm/inject_fault.c",
      version = "v5.18-v6.12",
      elided = "the guest's exception registers")
  public void kvmInjectSizeFault(KvmVcpu vcpu, GuestRegisters regs, boolean isIabt, long addr) {
    m.trace(Tracepoint.INJECT_ABORT, vcpu.id, addr, isIabt ? 1 : 0, ADDRESS_SIZE_FAULT);
    regs.abandon();
  }

  /** Makes an SError pending for the guest, which names no address. */
  @KernelFunction(
      value = "kvm_inject_vabt",
      file = "arch/arm64/kvm/inject_fault.c",
      version = "v5.15-v6.12",
      elided = "the guest's exception registers")
  public void kvmInjectVabt(KvmVcpu vcpu, GuestRegisters regs) {
    m.trace(Tracepoint.INJECT_ABORT, vcpu.id, 0, 0, SERROR);
    regs.abandon();
  }
}
