package io.stalemate.linux.x86;

import io.stalemate.cpu.x86.EptGeometry;
import io.stalemate.linux.kvm.ArchMmu;
import io.stalemate.linux.kvm.Era;
import io.stalemate.linux.kvm.Kvm;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.BiFunction;
import java.util.function.Function;

/**
 * What is linked into a VM on x86, as {@link io.stalemate.linux.kvm.KernelText} is for the common part: a factory for
 * each class of {@link X86Mmu}'s that an era or a known race may replace by a subclass. A part keeps the MMU and finds
 * the others there when it runs.
 */
public final class X86Text {

  /** The eras that x86 is rendered for. */
  public static final List<Era> ERAS = List.of(Era.V6_8, Era.V6_12);

  private final Era era;
  private final EptGeometry geometry;
  private final X86Vm vm;
  private final BiFunction<Kvm, X86Text, X86Mmu> x86Mmu;
  private final SortedMap<String, Function<X86Mmu, ?>> parts;

  private X86Text(Era era, EptGeometry geometry, X86Vm vm, BiFunction<Kvm, X86Text, X86Mmu> x86Mmu,
      SortedMap<String, Function<X86Mmu, ?>> parts) {
    this.era = era;
    this.geometry = geometry;
    this.vm = vm;
    this.x86Mmu = x86Mmu;
    this.parts = parts;
  }

  /** The correct text of {@code era}, v6.8 or v6.12. */
  public static X86Text of(Era era, EptGeometry geometry, X86Vm vm) {
    X86Text text = new X86Text(era, geometry, vm, X86Mmu::new, new TreeMap<>())
        .with(MakeSpte.class, MakeSpte::new)
        .with(TdpMmu.class, TdpMmu::new)
        .with(TdpMap.class, TdpMap::new)
        .with(TdpRoots.class, TdpRoots::new)
        .with(TdpZap.class, TdpZap::new)
        .with(TdpAge.class, TdpAge::new)
        .with(TdpDirty.class, TdpDirty::new)
        .with(TdpSplit.class, TdpSplit::new)
        .with(MmuSlot.class, MmuSlot::new)
        .with(PageTrack.class, PageTrack::new)
        .with(HugePages.class, HugePages::new)
        .with(FastPageFault.class, FastPageFault::new)
        .with(MmioSptes.class, MmioSptes::new)
        .with(KvmFaultin.class, KvmFaultin::new)
        .with(DirectPageFault.class, DirectPageFault::new)
        .with(MmuPageFault.class, MmuPageFault::new)
        .with(Emulate.class, Emulate::new)
        .with(PreFault.class, PreFault::new)
        .with(AsyncPageFault.class, AsyncPageFault::new)
        .with(X86Attributes.class, X86Attributes::new)
        .with(ApicAccessPage.class, ApicAccessPage::new)
        .with(SevGmem.class, SevGmem::new)
        .with(VcpuRequests.class, VcpuRequests::new)
        .with(X86Exits.class, X86Exits::new);
    return switch (era) {
      case V6_12 -> text;
      case V6_8 -> text
          .with(AsyncPageFault.class, AsyncPageFaultV68::new)
          .with(TdpMmu.class, TdpMmuV68::new)
          .with(TdpMap.class, TdpMapV68::new)
          .with(TdpRoots.class, TdpRootsV68::new)
          .with(TdpZap.class, TdpZapV68::new)
          .with(TdpDirty.class, TdpDirtyV68::new)
          .with(TdpSplit.class, TdpSplitV68::new)
          .with(KvmFaultin.class, KvmFaultinV68::new)
          .with(DirectPageFault.class, DirectPageFaultV68::new)
          .with(MmuPageFault.class, MmuPageFaultV68::new)
          .with(FastPageFault.class, FastPageFaultV68::new);
      case V5_15, V6_2 ->
          throw new IllegalArgumentException("x86 is rendered for v6.8 and v6.12, not " + era.version());
    };
  }

  /** The same text with another {@code part}. */
  public <T> X86Text with(Class<T> part, Function<X86Mmu, ? extends T> factory) {
    SortedMap<String, Function<X86Mmu, ?>> more = new TreeMap<>(parts);
    more.put(part.getName(), factory);
    return new X86Text(era, geometry, vm, x86Mmu, more);
  }

  /** The same text with another {@code mmu.c}. */
  public X86Text withX86Mmu(BiFunction<Kvm, X86Text, X86Mmu> factory) {
    return new X86Text(era, geometry, vm, factory, parts);
  }

  /** Links {@code part} into {@code mmu}. */
  <T> T link(Class<T> part, X86Mmu mmu) {
    Function<X86Mmu, ?> factory = parts.get(part.getName());
    if (factory == null) {
      throw new IllegalStateException("nothing to link for " + part.getName());
    }
    return part.cast(factory.apply(mmu));
  }

  /** Links the MMU of {@code kvm}; the factory that {@code KernelText} asks for. */
  public ArchMmu archMmu(Kvm kvm) {
    return x86Mmu.apply(kvm, this);
  }

  /** The era. */
  public Era era() {
    return era;
  }

  /** The shape of nested tables. */
  public EptGeometry geometry() {
    return geometry;
  }

  /** The VM. */
  public X86Vm vm() {
    return vm;
  }
}
