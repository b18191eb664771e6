package io.stalemate.linux.arm64;

import static io.stalemate.linux.Errno.EINVAL;

import io.stalemate.cpu.GuestRegisters;
import io.stalemate.cpu.StageTwoGeometry;
import io.stalemate.cpu.StageTwoPte;
import io.stalemate.linux.kvm.Kvm;
import io.stalemate.linux.kvm.KvmMemorySlot;
import io.stalemate.linux.kvm.KvmVcpu;
import io.stalemate.machine.KernelFunction;
import io.stalemate.machine.Machine;
import io.stalemate.machine.Tracepoint;
import io.stalemate.machine.Word;

/**
 * The MMIO guard: a guest says which pages are devices, and an access to any other page without memory becomes an abort
 * in the guest instead of an exit to the VMM. Follows the series "KVM: arm64: MMIO guard PV services", v2 of October
 * 2021, patches 4 to 8, with what its review (Andrew Jones, 6 October 2021) and that of v1 (Will Deacon, July 2021)
 * asked for. It was never merged: this is the series' text on the locks of each era, the table changed exclusively
 * under {@code mmu_lock} held for writing.
 *
 * <p>A device page is noted in its stage-2 entry, which is invalid all the same. Whatever unmaps the entry erases the
 * note, and a check says nothing about the time after it: {@link MmioGuardLasting} closes both.
 */
public class MmioGuard {

  /** {@code KVM_ARCH_FLAG_MMIO_GUARD} in {@code kvm->arch.flags}. */
  public static final long KVM_ARCH_FLAG_MMIO_GUARD = 1L << 2;

  /** {@code MMIO_NOTE}: "MMIO". Not shifted: keeping bit 0 of the entry clear is the table's business (review). */
  public static final long MMIO_NOTE = 'M' << 24 | 'M' << 16 | 'I' << 8 | 'O';

  private static final long NO_CPU_INTERFACE = -1;

  protected final Kvm kvm;
  protected final Machine m;
  protected final KvmS2Mmu mmu;
  protected final StageTwoGeometry geometry;

  /** {@code kvm->arch.flags}: atomic bits, tested with no lock. */
  private final Word flags;

  /** {@code kvm->arch.vgic.vgic_cpu_base} of an in-kernel GICv2, in bytes; written before any vCPU runs. */
  private final Word vgicCpuBase;

  /** The guard of {@code kvm}, which notes in {@code mmu}. */
  public MmioGuard(Kvm kvm, KvmS2Mmu mmu) {
    this.kvm = kvm;
    this.m = kvm.m;
    this.mmu = mmu;
    this.geometry = mmu.geometry();
    this.flags = m.word("kvm->arch.flags", 0);
    this.vgicCpuBase = m.word("kvm->arch.vgic.vgic_cpu_base", NO_CPU_INTERFACE);
  }

  /** Gives the VM an in-kernel GICv2 whose CPU interface the guest reaches itself, at {@code ipa}. Set-up only. */
  public void createVgicV2(long ipa) {
    vgicCpuBase.write(ipa);
    m.trace(Tracepoint.VGIC_V2, ipa, 0);
  }

  /** Whether the guest has enrolled. */
  public boolean enabled() {
    return (flags.readOnce() & KVM_ARCH_FLAG_MMIO_GUARD) != 0;
  }

  /** The hypercall ENROLL: {@code set_bit()}, with no lock against those who test it. */
  public void enroll(KvmVcpu vcpu) {
    flags.fetchOr(KVM_ARCH_FLAG_MMIO_GUARD);
    m.trace(Tracepoint.MMIO_GUARD_ENROLL, vcpu.id, lasting() ? 1 : 0);
  }

  /** Whether a page stays a device until UNMAP returned, and not just until somebody unmaps its entry. */
  protected boolean lasting() {
    return false;
  }

  /** Whether the hypercalls tell the guest what was wrong. */
  protected boolean tellsErrors() {
    return false;
  }

  /** The series' interface: {@link #installIoguardPage} without the reason of a failure. */
  @KernelFunction(value = "kvm_install_ioguard_page", file = "arch/arm64/kvm/mmu.c", version = "MMIO guard v2")
  public boolean kvmInstallIoguardPage(KvmVcpu vcpu, long ipa) {
    return installIoguardPage(vcpu, ipa) == 0;
  }

  /**
   * Notes that the page at byte address {@code ipa} is a device. Takes {@code kvm->srcu}, {@code slots_arch_lock} and
   * {@code mmu_lock}; may sleep. The errno that the series throws away ("odd that pains were taken", review).
   *
   * @return 0; {@code -EINVAL} if the guest has not enrolled, the address is no page's, or a memslot has the page;
   *     {@code -ENOMEM} if there are no table pages; {@code -ERANGE} beyond the table
   */
  public int installIoguardPage(KvmVcpu vcpu, long ipa) {
    int ret = install(vcpu, ipa);
    m.trace(Tracepoint.MMIO_GUARD, vcpu.id, ipa, 1, -ret);
    return ret;
  }

  private int install(KvmVcpu vcpu, long ipa) {
    if (!enabled() || (ipa & (StageTwoGeometry.PAGE_SIZE - 1)) != 0) {
      return -EINVAL;
    }
    int idx = kvm.srcu.readLock();
    int ret = installUnlessMemslot(vcpu, ipa);
    kvm.srcu.readUnlock(idx);
    return ret;
  }

  /**
   * The part between memslot lookup and note. Held: srcu. A memslot update publishes its set under
   * {@code slots_arch_lock}, so that no slot can appear between the two. Inside the SRCU section, as a swap lets go of
   * the lock before it waits for readers.
   */
  protected int installUnlessMemslot(KvmVcpu vcpu, long ipa) {
    kvm.slotsArchLock.lock();
    int ret = installLocked(vcpu, ipa);
    kvm.slotsArchLock.unlock();
    return ret;
  }

  /** Looks the memslot up, then notes. Held: srcu, slots_arch_lock. */
  protected final int installLocked(KvmVcpu vcpu, long ipa) {
    // elided: device mappings inside memslots, for which the series has a comment only
    if (kvm.memslots.gfnToMemslot(ipa >>> StageTwoGeometry.PAGE_SHIFT).isPresent()) {
      return -EINVAL;
    }
    if (isVgicCpuInterface(ipa)) {
      // The guest reaches it with no exit; a note would take its mapping away.
      return 0;
    }
    return putNote(vcpu, ipa);
  }

  /** Whether the page is the virtual CPU interface of a GICv2, which the guest accesses itself. */
  protected boolean isVgicCpuInterface(long ipa) {
    return ipa == vgicCpuBase.read();
  }

  /** Notes the page. Held: srcu, slots_arch_lock. May sleep. Yields 0, {@code -ENOMEM} or the table's errno. */
  protected int putNote(KvmVcpu vcpu, long ipa) {
    int ret = vcpu.mmuPageCache.topup(geometry.levels() - 1);
    if (ret != 0) {
      return ret;
    }
    kvm.mmuLock.writeLock();
    ret = annotate(vcpu, ipa);
    kvm.mmuLock.writeUnlock();
    return ret;
  }

  /** Writes the note into the page's entry. Held: {@code mmu_lock} for writing. */
  protected int annotate(KvmVcpu vcpu, long ipa) {
    return mmu.pgtable().stage2Annotate(ipa, StageTwoGeometry.PAGE_SIZE, vcpu.mmuPageCache, MMIO_NOTE);
  }

  /** The series' interface: {@link #removeIoguardPage} without the reason of a failure. */
  @KernelFunction(value = "kvm_remove_ioguard_page", file = "arch/arm64/kvm/mmu.c", version = "MMIO guard v2")
  public boolean kvmRemoveIoguardPage(KvmVcpu vcpu, long ipa) {
    return removeIoguardPage(vcpu, ipa) == 0;
  }

  /**
   * Takes the note off the page around byte address {@code ipa}, which need not be aligned (MAP's must). Takes
   * {@code mmu_lock}. A page that was mapped twice is unmapped by one call: nothing counts (v1 review, still open).
   *
   * @return 0, or {@code -EINVAL} if the guest has not enrolled or the page has no note
   */
  public int removeIoguardPage(KvmVcpu vcpu, long ipa) {
    int ret = enabled() && dropNote(ipa) ? 0 : -EINVAL;
    m.trace(Tracepoint.MMIO_GUARD, vcpu.id, ipa, 0, -ret);
    return ret;
  }

  /** Looks at the note and drops it: one hold of {@code mmu_lock} across the two walks. */
  protected boolean dropNote(long ipa) {
    kvm.mmuLock.writeLock();
    boolean ret = checkIoguardPage(ipa);
    if (ret) {
      unmapNote(ipa);
    }
    kvm.mmuLock.writeUnlock();
    return ret;
  }

  /** Empties the page's entry. Held: {@code mmu_lock} for writing. */
  protected final void unmapNote(long ipa) {
    mmu.pgtable().stage2Unmap(ipa & -StageTwoGeometry.PAGE_SIZE, StageTwoGeometry.PAGE_SIZE);
  }

  /** Whether the page around {@code ipa} has the note. Held: {@code mmu_lock}. */
  @KernelFunction(value = "__check_ioguard_page", file = "arch/arm64/kvm/mmu.c", version = "MMIO guard v2")
  protected boolean checkIoguardPage(long ipa) {
    kvm.mmuLock.assertHeld();
    KvmPgtable.Leaf leaf = mmu.pgtable().getLeaf(ipa);
    if (walkFailed(leaf.ret())) {
      return false;
    }
    // An entry of a page, and with our note: an entry further up speaks for more than was asked for.
    return geometry.granule(leaf.level()) == StageTwoGeometry.PAGE_SIZE && leaf.pte() == StageTwoPte.noted(MMIO_NOTE);
  }

  /**
   * Whether the table has no entry. The series asserts with VM_BUG_ON() that it has one, which a guest refutes by
   * UNMAP of an address that is too large; pKVM's later text says "no note" instead, and so does this.
   */
  protected boolean walkFailed(int ret) {
    return ret != 0;
  }

  /**
   * Whether the access of {@code vcpu} to byte address {@code ipa} may leave to the VMM; if not, injects a data abort
   * at {@code hfar}. Takes {@code mmu_lock}, and has let go of it when the exit comes: an UNMAP may be done in between.
   */
  @KernelFunction(value = "kvm_check_ioguard_page", file = "arch/arm64/kvm/mmu.c", version = "MMIO guard v2")
  public boolean kvmCheckIoguardPage(HandleGuestAbort inject, KvmVcpu vcpu, GuestRegisters regs, long hfar, long ipa) {
    if (!enabled()) {
      return true;
    }
    boolean ret = hasNote(ipa);
    if (!ret) {
      m.trace(Tracepoint.MMIO_GUARD_FAILED, vcpu.id, ipa);
      inject.injectAbt(vcpu, regs, false, hfar);
    }
    return ret;
  }

  /** Looks at the note, for a check. */
  protected boolean hasNote(long ipa) {
    kvm.mmuLock.writeLock();
    boolean ret = checkIoguardPage(ipa & -StageTwoGeometry.PAGE_SIZE);
    kvm.mmuLock.writeUnlock();
    return ret;
  }

  /**
   * The guest asked for a reset (patch 6): the next one has not enrolled. Takes {@code kvm->srcu} and {@code mmu_lock}.
   */
  @KernelFunction(
      value = "kvm_prepare_system_event",
      file = "arch/arm64/kvm/psci.c",
      version = "MMIO guard v2",
      elided = "stopping the other vCPUs")
  public void kvmPrepareSystemEvent() {
    if ((flags.fetchAnd(~KVM_ARCH_FLAG_MMIO_GUARD) & KVM_ARCH_FLAG_MMIO_GUARD) != 0) {
      m.trace(Tracepoint.MMIO_GUARD_RESET, 0, 0);
      forgetNotes();
    }
  }

  /** What the series calls a full unmap. It unmaps memslots, where no note is unless the slot came after it. */
  @KernelFunction(
      value = "stage2_unmap_vm",
      file = "arch/arm64/kvm/mmu.c",
      version = "v5.15-v6.12",
      elided = "mmap_lock, and driver mappings inside memslots, which stay")
  protected void forgetNotes() {
    int idx = kvm.srcu.readLock();
    kvm.mmuLock.writeLock();
    for (KvmMemorySlot slot : kvm.memslots.kvmMemslots().slots()) {
      long size = slot.npages() << StageTwoGeometry.PAGE_SHIFT;
      mmu.pgtable().stage2Unmap(slot.baseGfn() << StageTwoGeometry.PAGE_SHIFT, size);
    }
    kvm.mmuLock.writeUnlock();
    kvm.srcu.readUnlock(idx);
  }
}
