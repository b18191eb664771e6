package io.stalemate.linux.x86;

import io.stalemate.cpu.x86.EptGeometry;
import io.stalemate.cpu.x86.PmlBuffer;
import io.stalemate.cpu.x86.Rmp;
import io.stalemate.cpu.x86.X86GuestCpu;
import io.stalemate.linux.Errno;
import io.stalemate.linux.kvm.ArchMemorySlot;
import io.stalemate.linux.kvm.ArchMmu;
import io.stalemate.linux.kvm.Era;
import io.stalemate.linux.kvm.Kvm;
import io.stalemate.linux.kvm.KvmMemorySlot;
import io.stalemate.linux.kvm.MemslotChange;
import io.stalemate.linux.kvm.MmuMemoryCache;
import io.stalemate.linux.kvm.Requests;
import io.stalemate.machine.KernelFunction;
import io.stalemate.machine.Machine;
import io.stalemate.machine.Rcu;
import io.stalemate.machine.Tracepoint;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * {@code arch/x86/kvm/mmu/mmu.c} and {@code x86.c} but for faults: what notifiers, memslot updates and dirty logging do
 * to the nested tables. The parts are linked by {@link X86Text} and find each other here.
 */
public class X86Mmu implements ArchMmu {

  /** Pages that a vCPU keeps for tables, at least. */
  private static final int MEMORY_CACHE_PAGES = 4;

  public final Kvm kvm;
  public final Machine m;
  /** model: asked for with the VM, as a machine whose RCU comes up later runs no callbacks. */
  public final Rcu rcu;
  public final EptGeometry geometry;
  public final X86Vm vm;

  public final MakeSpte makeSpte;
  public final TdpMmu tdpMmu;
  public final TdpMap tdpMap;
  public final TdpRoots roots;
  public final TdpZap zap;
  public final TdpAge ageing;
  public final TdpDirty dirty;
  public final TdpSplit split;
  public final MmuSlot mmuSlot;
  public final PageTrack pageTrack;
  public final HugePages hugePages;
  public final FastPageFault fastPageFault;
  public final MmioSptes mmio;
  public final KvmFaultin faultin;
  public final DirectPageFault directPageFault;
  public final MmuPageFault pageFault;
  public final Emulate emulate;
  public final PreFault preFault;
  public final AsyncPageFault asyncPf;
  public final X86Attributes attributes;
  public final ApicAccessPage apic;
  public final SevGmem sevGmem;
  public final VcpuRequests vcpuRequests;
  public final X86Exits exits;
  /** The machine's, which SNP guests are checked against. */
  public final Rmp rmp;

  /** Links {@code text} into {@code kvm}. */
  public X86Mmu(Kvm kvm, X86Text text) {
    this.kvm = kvm;
    this.m = kvm.m;
    this.rcu = m.rcu();
    this.geometry = text.geometry();
    this.vm = text.vm();
    int addressBits = geometry.gfnBits() + EptGeometry.PAGE_SHIFT;
    m.trace(Tracepoint.CREATE_VM, kvm.era.ordinal(), addressBits, addressBits, vm.caps());
    this.makeSpte = text.link(MakeSpte.class, this);
    this.tdpMmu = text.link(TdpMmu.class, this);
    this.tdpMap = text.link(TdpMap.class, this);
    this.roots = text.link(TdpRoots.class, this);
    this.zap = text.link(TdpZap.class, this);
    this.ageing = text.link(TdpAge.class, this);
    this.dirty = text.link(TdpDirty.class, this);
    this.split = text.link(TdpSplit.class, this);
    this.mmuSlot = text.link(MmuSlot.class, this);
    this.pageTrack = text.link(PageTrack.class, this);
    this.hugePages = text.link(HugePages.class, this);
    this.fastPageFault = text.link(FastPageFault.class, this);
    this.mmio = text.link(MmioSptes.class, this);
    this.faultin = text.link(KvmFaultin.class, this);
    this.directPageFault = text.link(DirectPageFault.class, this);
    this.pageFault = text.link(MmuPageFault.class, this);
    this.emulate = text.link(Emulate.class, this);
    this.preFault = text.link(PreFault.class, this);
    this.asyncPf = text.link(AsyncPageFault.class, this);
    this.attributes = text.link(X86Attributes.class, this);
    this.apic = text.link(ApicAccessPage.class, this);
    kvm.memslots.beginAtGeneration(vm.firstGeneration());
    this.sevGmem = text.link(SevGmem.class, this);
    this.vcpuRequests = text.link(VcpuRequests.class, this);
    this.exits = text.link(X86Exits.class, this);
    this.rmp = new Rmp(m);
  }

  /** Makes a vCPU that runs on {@code cpu}, with its cache of table pages, and adds it to the VM. Set-up only. */
  public X86Vcpu createVcpu(int id, int cpu) {
    int capacity = Math.max(MEMORY_CACHE_PAGES, geometry.levels());
    int words = geometry.entries() + KvmMmuPage.HEADER_WORDS;
    Optional<PmlBuffer> pml = vm.pml() ? Optional.of(new PmlBuffer(m, id)) : Optional.empty();
    X86Vcpu vcpu = new X86Vcpu(kvm, id, cpu, new MmuMemoryCache(m, id, words, capacity), pml);
    kvm.addVcpu(vcpu);
    if (vm.asyncPf()) {
      asyncPf.initVcpu(vcpu);
    }
    apic.vcpuReset(vcpu);
    return vcpu;
  }

  /** The physical CPU of {@code vcpu}, as the VM runs on it. Set-up only. */
  public X86GuestCpu guestCpu(X86Vcpu vcpu) {
    Optional<Rmp> checked = vm.type() == VmType.SNP ? Optional.of(rmp) : Optional.empty();
    return new X86GuestCpu(m, vcpu.cpu, geometry, vm.adBits(), checked, vcpu.pml);
  }

  /** Whether no leaf of {@code gfn}, which is in {@code slot}, may be writable. */
  @KernelFunction(value = "kvm_gfn_is_write_tracked", file = "arch/x86/kvm/mmu/page_track.c", version = "v6.8-v6.12")
  public boolean isWriteTracked(KvmMemorySlot slot, long gfn) {
    return slot.arch() instanceof LpageInfo info && info.gfnWriteTrack(gfn).readOnce() != 0;
  }

  /** {@code to_shadow_page()}. */
  public KvmMmuPage toShadowPage(long pfn) {
    return KvmMmuPage.at(m, pfn, geometry.entries());
  }

  @Override
  @KernelFunction(value = "kvm_unmap_gfn_range", file = "arch/x86/kvm/mmu/mmu.c", version = "v6.8-v6.12",
      elided = "rmaps")
  public boolean unmapGfnRange(long gfnStart, long gfnEnd, boolean mayBlock) {
    boolean flush = zap.zapLeafs(gfnStart, gfnEnd, mayBlock, false);
    apic.unmapGfnRange(gfnStart, gfnEnd);
    return flush;
  }

  @Override
  @KernelFunction(value = "kvm_set_spte_gfn", file = "arch/x86/kvm/mmu/mmu.c", version = "v6.8-v6.9", elided = "rmaps")
  public boolean setSpteGfn(long gfn, long pfn) {
    return ageing.setSpteGfn(gfn, pfn);
  }

  @Override
  @KernelFunction(value = "kvm_age_gfn", file = "arch/x86/kvm/mmu/mmu.c", version = "v6.8-v6.12", elided = "rmaps")
  public boolean ageGfn(long gfnStart, long gfnEnd) {
    return ageing.age(gfnStart, gfnEnd);
  }

  @Override
  @KernelFunction(value = "kvm_test_age_gfn", file = "arch/x86/kvm/mmu/mmu.c", version = "v6.8-v6.12",
      elided = "rmaps")
  public boolean testAgeGfn(long gfnStart, long gfnEnd) {
    return ageing.testAge(gfnStart, gfnEnd);
  }

  @Override
  @KernelFunction(value = "kvm_arch_flush_shadow_memslot", file = "arch/x86/kvm/mmu/mmu.c", version = "v6.8-v6.12")
  public void flushShadowMemslot(KvmMemorySlot slot) {
    if (memslotFlushZapAll()) {
      roots.kvmMmuZapAllFast();
    } else {
      zap.zapMemslotLeafs(slot);
    }
  }

  /** Whether a slot that goes takes all translations with it; before v6.12 each did. */
  @KernelFunction(value = "kvm_memslot_flush_zap_all", file = "arch/x86/kvm/mmu/mmu.c", version = "v6.12")
  private boolean memslotFlushZapAll() {
    return kvm.era != Era.V6_12 || (vm.type() == VmType.DEFAULT && vm.slotZapAll());
  }

  @Override
  @KernelFunction(value = "kvm_arch_flush_shadow_all", file = "arch/x86/kvm/mmu/mmu.c", version = "v6.8-v6.12")
  public void flushShadowAll() {
    zap.zapAll();
  }

  @Override
  @KernelFunction(value = "kvm_arch_prepare_memory_region", file = "arch/x86/kvm/x86.c", version = "v6.8-v6.12",
      elided = "the arch part is made by allocMemslotMetadata()")
  public int prepareMemoryRegion(MemslotChange change) {
    return switch (change) {
      // model: the tables' reach, where the kernel compares with the CPU's (kvm_mmu_max_gfn)
      case MemslotChange.Create(KvmMemorySlot slot) -> slot.gfnEnd() > geometry.gfns() ? -Errno.EINVAL : 0;
      case MemslotChange.Move(KvmMemorySlot old, KvmMemorySlot slot) ->
          slot.gfnEnd() > geometry.gfns() ? -Errno.EINVAL : 0;
      case MemslotChange.Delete d -> 0;
      case MemslotChange.FlagsOnly f -> 0;
    };
  }

  @Override
  @KernelFunction(value = "kvm_arch_commit_memory_region", file = "arch/x86/kvm/x86.c", version = "v6.8-v6.12",
      elided = "the number of shadow pages")
  public void commitMemoryRegion(MemslotChange change) {
    mmuSlot.applyFlags(change);
  }

  @Override
  @KernelFunction(value = "kvm_flush_remote_tlbs", file = "virt/kvm/kvm_main.c", version = "v6.8-v6.12",
      elided = "Hyper-V's hypercall")
  public void flushRemoteTlbs() {
    kvm.requests.makeAllCpusRequest(Requests.KVM_REQ_TLB_FLUSH);
  }

  @Override
  @KernelFunction(value = "kvm_flush_remote_tlbs_memslot", file = "virt/kvm/kvm_main.c", version = "v6.8-v6.12",
      elided = "flushing a range: only Hyper-V can")
  public void flushRemoteTlbsMemslot(KvmMemorySlot slot) {
    kvm.slotsLock.assertHeld();
    flushRemoteTlbs();
  }

  @Override
  public void enableLogDirtyPtMasked(KvmMemorySlot slot, long pageOffset, long mask) {
    kvm.mmuLock.assertHeldWrite();
    mmuSlot.enableLogDirtyPtMasked(slot, pageOffset, mask);
  }

  @Override
  public int cpuDirtyLogSize() {
    return vm.pml() ? PmlBuffer.ENTRIES : 0;
  }

  @Override
  @KernelFunction(value = "kvm_arch_sync_dirty_log", file = "arch/x86/kvm/x86.c", version = "v6.8-v6.12")
  public void syncDirtyLog(KvmMemorySlot slot) {
    // Hardware's logs are flushed at every exit, so that running vCPUs have to be made to leave. Nobody waits until
    // they have: what they log meanwhile stays dirty in its entry and is told next time.
    if (vm.pml()) {
      kvm.vcpus().forEach(kvm.requests::vcpuKick);
    }
  }

  @Override
  public boolean preSetMemAttributes(KvmMemorySlot slot, long gfnStart, long gfnEnd) {
    return attributes.preSet(slot, gfnStart, gfnEnd);
  }

  @Override
  public boolean postSetMemAttributes(KvmMemorySlot slot, long gfnStart, long gfnEnd, long attributes) {
    return this.attributes.postSet(slot, gfnStart, gfnEnd, attributes);
  }

  @Override
  public boolean hasPrivateMem() {
    return vm.type().hasPrivateMem();
  }

  @Override
  @KernelFunction(value = "kvm_arch_gmem_prepare", file = "arch/x86/kvm/x86.c", version = "v6.11-v6.12")
  public int gmemPrepare(long gfn, long pfn) {
    return sevGmem.prepare(pfn);
  }

  @Override
  @KernelFunction(value = "kvm_arch_gmem_invalidate", file = "arch/x86/kvm/x86.c", version = "v6.11-v6.12")
  public void gmemInvalidate(long pfn) {
    sevGmem.invalidate(pfn);
  }

  @Override
  public @Nullable ArchMemorySlot allocMemslotMetadata(KvmMemorySlot slot) {
    return hugePages.allocMemslotMetadata(slot);
  }

  @Override
  @KernelFunction(value = "kvm_arch_memslots_updated", file = "arch/x86/kvm/x86.c", version = "v6.8-v6.12",
      elided = "kicks for the sake of the vCPUs' steal time")
  public void memslotsUpdated(long generation) {
    mmio.invalidateMmioSptes(generation);
  }
}
