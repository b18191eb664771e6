package io.stalemate.linux.x86;

import io.stalemate.cpu.x86.PmlBuffer;
import io.stalemate.linux.kvm.Kvm;
import io.stalemate.linux.kvm.KvmVcpu;
import io.stalemate.linux.kvm.MmuMemoryCache;
import io.stalemate.machine.KernelFunction;
import io.stalemate.machine.Word;
import java.util.Optional;

/** {@code struct kvm_vcpu_arch}, as far as the MMU looks at it. */
public class X86Vcpu extends KvmVcpu {

  /** {@code mmu->root.hpa}: pfn of the root in use, 0 for none. Written by the vCPU's task alone. */
  public final Word root;

  // Per-vCPU MMIO cache: the vCPU's own.
  /** {@code mmio_gfn} + 1; 0 for none. */
  public final Word mmioGfn;
  /** Memslot generation that {@link #mmioGfn} is valid for. */
  public final Word mmioGen;
  public final Word mmioAccess;

  /** {@code APIC_ACCESS_ADDR} of the VMCS: frame of the APIC access page, 0 for none. The vCPU's own. */
  public final Word apicAccessAddr;

  /** {@code HF_GUEST_MASK}: the vCPU runs a nested guest. The vCPU's own. */
  public final Word guestMode;

  /** The page-modification log, if the VM uses one. Hardware's while the vCPU is in the guest. */
  public final Optional<PmlBuffer> pml;

  /** {@code vcpu->____srcu_idx}: the vCPU's own. */
  private final Word srcuIdx;

  /** A vCPU on pCPU {@code cpu}. */
  public X86Vcpu(Kvm kvm, int id, int cpu, MmuMemoryCache cache, Optional<PmlBuffer> pml) {
    super(kvm, id, cpu, cache);
    this.root = kvm.m.word("vcpu->mmu.root", id, 0);
    this.mmioGfn = kvm.m.word("vcpu->mmio_gfn", id, 0);
    this.mmioGen = kvm.m.word("vcpu->mmio_gen", id, 0);
    this.mmioAccess = kvm.m.word("vcpu->mmio_access", id, 0);
    this.apicAccessAddr = kvm.m.word("vmcs->apic_access_addr", id, 0);
    this.guestMode = kvm.m.word("vcpu->hflags", id, 0);
    this.pml = pml;
    this.srcuIdx = kvm.m.word("vcpu->srcu_idx", id, 0);
  }

  /** The vCPU is in a section of kvm->srcu until {@link #srcuReadUnlock}. */
  @KernelFunction(value = "kvm_vcpu_srcu_read_lock", file = "include/linux/kvm_host.h", version = "v6.8-v6.12")
  public void srcuReadLock() {
    srcuIdx.write(kvm.srcu.readLock());
  }

  /** The vCPU leaves its section of kvm->srcu. */
  @KernelFunction(value = "kvm_vcpu_srcu_read_unlock", file = "include/linux/kvm_host.h", version = "v6.8-v6.12")
  public void srcuReadUnlock() {
    kvm.srcu.readUnlock((int) srcuIdx.read());
  }

  /** {@code is_guest_mode()}: whether the vCPU runs a nested guest. Asked by its own task. */
  public boolean isGuestMode() {
    return guestMode.read() != 0;
  }
}
