package io.stalemate.linux.x86;

import io.stalemate.cpu.x86.EptGeometry;
import io.stalemate.linux.kvm.Kvm;
import io.stalemate.linux.kvm.KvmMemslots;
import io.stalemate.linux.kvm.Memslots;
import io.stalemate.machine.KernelFunction;
import io.stalemate.machine.Machine;
import io.stalemate.machine.Tracepoint;

/**
 * What KVM remembers of gfns that no memslot has: an SPTE that hardware takes for misconfigured, and a vCPU's last such
 * access. Both hold the generation of the memslots they were derived from, and count only while it is the current one.
 * Follows {@code arch/x86/kvm/mmu/mmu.c}, {@code spte.c} and {@code x86.h} of v6.12.
 */
public class MmioSptes {

  protected final X86Mmu mmu;
  protected final Kvm kvm;
  protected final Machine m;

  /** The MMIO caches of the VM whose MMU is {@code mmu}. */
  public MmioSptes(X86Mmu mmu) {
    this.mmu = mmu;
    this.kvm = mmu.kvm;
    this.m = mmu.m;
  }

  /** Yields the SPTE that says {@code gfn} is MMIO as of now. Held: srcu. */
  @KernelFunction(value = "make_mmio_spte", file = "arch/x86/kvm/mmu/spte.c", version = "v6.8-v6.12",
      elided = "the access, which EPT has no room for, and the L1TF mitigation")
  public long makeMmioSpte(X86Vcpu vcpu, long gfn, int access) {
    // In flux it is the generation of before, which is out of date once the update is over.
    return Spte.mmioOf(gfn, generation());
  }

  /** Notes for {@code vcpu} that {@code gfn} is MMIO as of now. Held: srcu. */
  @KernelFunction(value = "vcpu_cache_mmio_info", file = "arch/x86/kvm/x86.h", version = "v6.8-v6.12",
      elided = "the virtual address, for shadow paging")
  public void vcpuCacheMmioInfo(X86Vcpu vcpu, long gfn, int access) {
    long gen = generation();
    if (!mayNote(gen)) {
      return;
    }
    vcpu.mmioAccess.write(access);
    vcpu.mmioGfn.write(gfn + 1);
    vcpu.mmioGen.write(gen);
    m.trace(Tracepoint.MMIO_CACHED, vcpu.id, gfn, gen, 0);
  }

  /** The slot lookup may have been made in the set before one that is in flux (ddfd1730fd82). */
  protected boolean mayNote(long generation) {
    return !inFlux(generation);
  }

  /** Whether {@code vcpu} noted that byte address {@code gpa} is MMIO, and no memslot changed since. Held: srcu. */
  @KernelFunction(value = "vcpu_match_mmio_gpa", file = "arch/x86/kvm/x86.h", version = "v6.8-v6.12")
  public boolean vcpuMatchMmioGpa(X86Vcpu vcpu, long gpa) {
    long gfn = gpa >>> EptGeometry.PAGE_SHIFT;
    return vcpu.mmioGen.read() == generation() && vcpu.mmioGfn.read() == gfn + 1;
  }

  /**
   * A fault on an entry with reserved bits.
   *
   * @return EMULATE if MMIO is what the entry says and no memslot changed since; INVALID for an ordinary fault; RETRY
   *     if the entry is no longer there. Held: srcu
   */
  @KernelFunction(value = "handle_mmio_page_fault", file = "arch/x86/kvm/mmu/mmu.c", version = "v6.8-v6.12",
      elided = "the check for reserved bits in entries that are not MMIO's")
  public int handleMmioPageFault(X86Vcpu vcpu, long gpa) {
    if (vcpuMatchMmioGpa(vcpu, gpa)) {
      return RetPf.EMULATE;
    }
    long spte = getMmioSpte(vcpu, gpa >>> EptGeometry.PAGE_SHIFT);
    if (!Spte.mmio(spte)) {
      // Zapped by somebody since: the next attempt tells.
      return RetPf.RETRY;
    }
    if (!checkMmioSpte(spte)) {
      return RetPf.INVALID;
    }
    vcpuCacheMmioInfo(vcpu, Spte.mmioGfn(spte), 0);
    return RetPf.EMULATE;
  }

  /** Walks {@code vcpu}'s tables without a lock; yields the entry that the walk ends at. Held: srcu. */
  @KernelFunction(value = "get_mmio_spte", file = "arch/x86/kvm/mmu/mmu.c", version = "v6.8-v6.12")
  protected long getMmioSpte(X86Vcpu vcpu, long gfn) {
    // walk_shadow_page_lockless_begin(): tables of the TDP MMU are freed by RCU.
    m.rcu().readLock();
    int level = mmu.geometry.levels();
    long spte = entry(vcpu.root.read(), gfn, level);
    while (Spte.table(spte, level)) {
      level--;
      spte = entry(Spte.pfn(spte), gfn, level);
    }
    m.rcu().readUnlock();
    return spte;
  }

  private long entry(long tablePfn, long gfn, int level) {
    return mmu.toShadowPage(tablePfn).sptep(mmu.geometry.index(gfn, level)).readOnce();
  }

  /** Whether an MMIO SPTE says how things are: its generation is the current one, and no update is going on. */
  @KernelFunction(value = "check_mmio_spte", file = "arch/x86/kvm/mmu/mmu.c", version = "v6.8-v6.12")
  protected boolean checkMmioSpte(long spte) {
    long gen = generation();
    long kvmGen = gen & Spte.MMIO_GEN_MASK;
    long spteGen = Spte.mmioGeneration(spte);
    boolean valid = !inFlux(gen) && kvmGen == spteGen;
    m.trace(Tracepoint.MMIO_SPTE_CHECK, Spte.mmioGfn(spte), spteGen, gen, valid ? 1 : 0);
    return valid;
  }

  /**
   * The memslots are about to have {@code generation}. If the bits that an MMIO SPTE holds of it wrapped around, an old
   * SPTE could pass for a new one: all go. Held: slots_lock.
   */
  @KernelFunction(value = "kvm_mmu_invalidate_mmio_sptes", file = "arch/x86/kvm/mmu/mmu.c", version = "v6.8-v6.12")
  public void invalidateMmioSptes(long generation) {
    m.warnOn(inFlux(generation), "kvm_mmu_invalidate_mmio_sptes: a generation in flux");
    // Generations advance by the number of address spaces: each of them is to notice.
    long gen = generation & Spte.MMIO_GEN_MASK & -(long) Memslots.KVM_ADDRESS_SPACE_NUM;
    if (gen == 0) {
      m.trace(Tracepoint.MMIO_GEN_WRAP, generation, 0);
      zapAll();
    }
  }

  /** Makes all tables obsolete. Held: slots_lock. */
  protected void zapAll() {
    mmu.roots.kvmMmuZapAllFast();
  }

  /** {@code kvm_memslots()->generation}. Held: srcu. */
  protected long generation() {
    // The kernel reads the field plainly, while the updater stores it plainly: aligned, hence whole.
    return kvm.memslots.kvmMemslots().generation().readOnce();
  }

  /** Whether readers of the set before may still be about. */
  protected boolean inFlux(long generation) {
    return (generation & KvmMemslots.GEN_UPDATE_IN_PROGRESS) != 0;
  }
}
