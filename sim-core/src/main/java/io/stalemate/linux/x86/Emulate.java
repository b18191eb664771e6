package io.stalemate.linux.x86;

import static io.stalemate.linux.Errno.EFAULT;

import io.stalemate.cpu.GuestInstruction;
import io.stalemate.cpu.GuestRegisters;
import io.stalemate.cpu.x86.EptGeometry;
import io.stalemate.linux.kvm.ExitReason;
import io.stalemate.linux.kvm.Kvm;
import io.stalemate.linux.kvm.KvmMemorySlot;
import io.stalemate.linux.kvm.KvmRun;
import io.stalemate.linux.mm.UserAccess;
import io.stalemate.machine.Access;
import io.stalemate.machine.KernelFunction;
import io.stalemate.machine.Machine;
import io.stalemate.machine.Tracepoint;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * The emulator, for instructions that are one access to memory. It does not ask why the access faulted: what the
 * memslots say by now decides between memory, which it reaches through the VMM's address space, and a device. Follows
 * {@code arch/x86/kvm/x86.c} of v6.12.
 */
public class Emulate {

  /** Bytes of an access. model: all are of one size. */
  private static final int BYTES = Long.BYTES;

  // How far an emulation came, in EMULATE.
  private static final int BY_VMM = 0;
  private static final int IN_MEMORY = 1;
  private static final int BY_DEVICE = 2;

  protected final X86Mmu mmu;
  protected final Kvm kvm;
  protected final Machine m;
  private final UserAccess user;

  /** The emulator of the VM whose MMU is {@code mmu}. */
  public Emulate(X86Mmu mmu) {
    this.mmu = mmu;
    this.kvm = mmu.kvm;
    this.m = mmu.m;
    this.user = new UserAccess(kvm.mm);
  }

  /**
   * Emulates the access that the guest is at. Held: srcu. May sleep.
   *
   * @param gpa byte address of it
   * @return 1 if it is done, and {@code regs} behind it; 0 with {@code run} filled
   */
  @KernelFunction(value = "x86_emulate_instruction", file = "arch/x86/kvm/x86.c", version = "v6.8-v6.12",
      elided = "decoding, retrying in place of emulating, #VC of encrypted guests")
  public int emulateInstruction(X86Vcpu vcpu, KvmRun run, GuestRegisters regs, long gpa) {
    GuestInstruction instruction = regs.instruction();
    Access access = instruction.access();
    if (access == Access.FETCH) {
      return emulateFetch(vcpu, run, regs, gpa);
    }
    boolean isWrite = access == Access.STORE;
    if (!vcpuIsMmioGpa(vcpu, gpa) && inMemory(vcpu, instruction, isWrite)) {
      regs.advance();
      return MmuPageFault.RESUME;
    }
    if (vcpuMmio(gpa, instruction, isWrite)) {
      m.trace(Tracepoint.EMULATE, vcpu.id, gpa, isWrite ? 1 : 0, BY_DEVICE);
      m.trace(Tracepoint.MMIO_IN_KERNEL, vcpu.id, gpa, isWrite ? 1 : 0, 0);
      regs.advance();
      return MmuPageFault.RESUME;
    }
    m.trace(Tracepoint.EMULATE, vcpu.id, gpa, isWrite ? 1 : 0, BY_VMM);
    run.exitMmio(gpa, isWrite);
    return 0;
  }

  /** The instruction itself is what cannot be fetched: from memory it can, from a device it cannot. */
  private int emulateFetch(X86Vcpu vcpu, KvmRun run, GuestRegisters regs, long gpa) {
    if (inMemory(vcpu, regs.instruction(), false)) {
      regs.advance();
      return MmuPageFault.RESUME;
    }
    m.trace(Tracepoint.EMULATE, vcpu.id, gpa, 0, BY_VMM);
    // handle_emulation_failure()
    run.exit(ExitReason.INTERNAL_ERROR);
    return 0;
  }

  /** Whether the gpa is known to be MMIO, so that looking for memory is of no use. Held: srcu. */
  @KernelFunction(value = "vcpu_is_mmio_gpa", file = "arch/x86/kvm/x86.c", version = "v6.8-v6.12")
  protected boolean vcpuIsMmioGpa(X86Vcpu vcpu, long gpa) {
    // The APIC's page is MMIO though an internal slot has memory there.
    return isApicPage(gpa) || mmu.mmio.vcpuMatchMmioGpa(vcpu, gpa);
  }

  private boolean isApicPage(long gpa) {
    return gpa >>> EptGeometry.PAGE_SHIFT == mmu.vm.apicAccessPage();
  }

  /** Does the access in guest memory; yields whether it could. */
  private boolean inMemory(X86Vcpu vcpu, GuestInstruction instruction, boolean isWrite) {
    long gfn = instruction.gfn();
    long value = instruction.value();
    if (isWrite) {
      if (kvmWriteGuestPage(vcpu, gfn, value) != 0) {
        return false;
      }
    } else {
      OptionalLong token = kvmReadGuestPage(gfn);
      if (token.isEmpty()) {
        return false;
      }
      value = token.getAsLong();
    }
    m.trace(Tracepoint.EMULATE, vcpu.id, gfn << EptGeometry.PAGE_SHIFT, isWrite ? 1 : 0, IN_MEMORY);
    m.trace(Tracepoint.GUEST_ACCESS_DONE, vcpu.id, gfn, instruction.access().ordinal(), value);
    return true;
  }

  /** Yields the token of page {@code gfn}, or nothing if it has no usable slot or the host no page. Held: srcu. */
  @KernelFunction(value = "__kvm_read_guest_page", file = "virt/kvm/kvm_main.c", version = "v6.8-v6.12")
  protected OptionalLong kvmReadGuestPage(long gfn) {
    Optional<KvmMemorySlot> slot = kvm.memslots.gfnToMemslot(gfn);
    long addr = kvm.memslots.gfnToHvaMany(slot, gfn, false);
    return addr < 0 ? OptionalLong.empty() : user.copyFromUser(addr);
  }

  /** Stores a token to page {@code gfn}. Held: srcu. Yields 0, or -EFAULT if it has no slot that may be written. */
  @KernelFunction(value = "__kvm_write_guest_page", file = "virt/kvm/kvm_main.c", version = "v6.8-v6.12")
  protected int kvmWriteGuestPage(X86Vcpu vcpu, long gfn, long value) {
    Optional<KvmMemorySlot> slot = kvm.memslots.gfnToMemslot(gfn);
    long addr = kvm.memslots.gfnToHvaMany(slot, gfn, true);
    if (addr < 0 || slot.isEmpty() || user.copyToUser(addr, value) != 0) {
      return -EFAULT;
    }
    markDirty(vcpu, slot.get(), gfn);
    return 0;
  }

  /** {@code mark_page_dirty_in_slot()}: nobody else logs what KVM stores itself. */
  protected void markDirty(X86Vcpu vcpu, KvmMemorySlot slot, long gfn) {
    kvm.memslots.markPageDirtyInSlot(vcpu, slot, gfn);
  }

  /** Offers the access to devices in the kernel; yields whether one took it. Held: srcu. */
  @KernelFunction(value = "vcpu_mmio_write", file = "arch/x86/kvm/x86.c", version = "v6.8-v6.12",
      elided = "what a local APIC does with it, accesses that two devices share")
  protected boolean vcpuMmio(long gpa, GuestInstruction instruction, boolean isWrite) {
    if (isApicPage(gpa)) {
      return true;
    }
    int ret = isWrite ? kvm.ioBus.write(gpa, BYTES, instruction.value()) : kvm.ioBus.read(gpa, BYTES);
    return ret == 0;
  }
}
