package io.stalemate.linux.arm64;

import io.stalemate.cpu.StageTwoGeometry;
import io.stalemate.linux.kvm.ArchMmu;
import io.stalemate.linux.kvm.Era;
import io.stalemate.linux.kvm.Kvm;
import io.stalemate.machine.Machine;
import java.util.List;

/**
 * What is linked into a VM on arm64, as {@link io.stalemate.linux.kvm.KernelText} is for the common part: one factory
 * for each class that an era or a known race may replace by a subclass.
 *
 * <p>{@code KernelText.of(era, Arm64Text.of(era, geometry)::archMmu)} is the correct text of an era.
 *
 * @param geometry the shape of stage-2 tables
 * @param features the CPUs' features
 * @param mte allocation tags; linked into a host whose CPUs have them
 */
public record Arm64Text(
    StageTwoGeometry geometry,
    CpuFeatures features,
    TlbFactory tlb,
    PgtableFactory pgtable,
    UserMemAbortFactory userMemAbort,
    Arm64MmuFactory arm64Mmu,
    HandleGuestAbortFactory handleGuestAbort,
    MteText mte,
    MmioGuardFactory mmioGuard) {

  /** The eras that arm64 is rendered for. */
  public static final List<Era> ERAS = List.of(Era.V5_15, Era.V6_2, Era.V6_12);

  /** Refuses an era that arm64 is not rendered for. */
  public static void checkRendered(Era era) {
    if (!ERAS.contains(era)) {
      throw new IllegalArgumentException("arm64 is rendered for v5.15, v6.2 and v6.12, not " + era.version());
    }
  }

  /** Links {@code tlb.c}. */
  @FunctionalInterface
  public interface TlbFactory {
    KvmTlb link(Machine m, CpuFeatures features);
  }

  /** Links {@code pgtable.c}. */
  @FunctionalInterface
  public interface PgtableFactory {
    KvmPgtable link(TablePages mmOps, KvmTlb tlb, int vmid, long pgd, CpuFeatures features);
  }

  /** Links the fault path of {@code mmu.c}. */
  @FunctionalInterface
  public interface UserMemAbortFactory {
    UserMemAbort link(Kvm kvm, KvmS2Mmu mmu);
  }

  /** Links the rest of {@code mmu.c}. */
  @FunctionalInterface
  public interface Arm64MmuFactory {
    Arm64Mmu link(Kvm kvm, KvmS2Mmu mmu, UserMemAbort userMemAbort);
  }

  /** Links what decides about aborts. */
  @FunctionalInterface
  public interface HandleGuestAbortFactory {
    HandleGuestAbort link(Arm64Mmu arch, VmCaps caps);
  }

  /** Links the MMIO guard. */
  @FunctionalInterface
  public interface MmioGuardFactory {
    MmioGuard link(Kvm kvm, KvmS2Mmu mmu);
  }

  /** The correct text of {@code era} on CPUs without optional features. */
  public static Arm64Text of(Era era, StageTwoGeometry geometry) {
    return of(era, geometry, CpuFeatures.none());
  }

  /** The correct text of {@code era}, one of {@link #ERAS}. */
  public static Arm64Text of(Era era, StageTwoGeometry geometry, CpuFeatures features) {
    checkRendered(era);
    PgtableFactory pgtable = switch (era) {
      case V5_15 -> (mmOps, tlb, vmid, pgd, cpu) -> new KvmPgtableV515(mmOps, tlb, vmid, pgd, cpu.fwb(), 0, null);
      case V6_2 -> (mmOps, tlb, vmid, pgd, cpu) -> new KvmPgtableV62(mmOps, tlb, vmid, pgd, cpu.fwb(), 0, null);
      case V6_8, V6_12 -> (mmOps, tlb, vmid, pgd, cpu) -> new KvmPgtableV612(mmOps, tlb, vmid, pgd, cpu.fwb());
    };
    UserMemAbortFactory userMemAbort = switch (era) {
      case V5_15 -> UserMemAbortV515::new;
      case V6_2 -> UserMemAbortV62::new;
      case V6_8, V6_12 -> UserMemAbortV612::new;
    };
    TlbFactory tlb = (m, cpu) -> new KvmTlb(m, cpu.tlbRange());
    return new Arm64Text(
        geometry, features, tlb, pgtable, userMemAbort, Arm64Mmu::new, HandleGuestAbort::new, MteText.of(era),
        MmioGuard::new);
  }

  /** Links the MMU of {@code kvm}; the factory that {@code KernelText} asks for. */
  public ArchMmu archMmu(Kvm kvm) {
    KvmS2Mmu mmu = new KvmS2Mmu(kvm.m, this, KvmS2Mmu.FIRST_VMID);
    return arm64Mmu.link(kvm, mmu, userMemAbort.link(kvm, mmu));
  }

  /** The same text with another {@code tlb.c}. */
  public Arm64Text withTlb(TlbFactory f) {
    return new Arm64Text(geometry, features, f, pgtable, userMemAbort, arm64Mmu, handleGuestAbort, mte, mmioGuard);
  }

  /** The same text with another {@code pgtable.c}. */
  public Arm64Text withPgtable(PgtableFactory f) {
    return new Arm64Text(geometry, features, tlb, f, userMemAbort, arm64Mmu, handleGuestAbort, mte, mmioGuard);
  }

  /** The same text with another fault path. */
  public Arm64Text withUserMemAbort(UserMemAbortFactory f) {
    return new Arm64Text(geometry, features, tlb, pgtable, f, arm64Mmu, handleGuestAbort, mte, mmioGuard);
  }

  /** The same text with another {@code mmu.c}. */
  public Arm64Text withArm64Mmu(Arm64MmuFactory f) {
    return new Arm64Text(geometry, features, tlb, pgtable, userMemAbort, f, handleGuestAbort, mte, mmioGuard);
  }

  /** The same text with another decision about aborts. */
  public Arm64Text withHandleGuestAbort(HandleGuestAbortFactory f) {
    return new Arm64Text(geometry, features, tlb, pgtable, userMemAbort, arm64Mmu, f, mte, mmioGuard);
  }

  /** The same text with another treatment of allocation tags. */
  public Arm64Text withMte(MteText f) {
    return new Arm64Text(geometry, features, tlb, pgtable, userMemAbort, arm64Mmu, handleGuestAbort, f, mmioGuard);
  }

  /** The same text with another MMIO guard. */
  public Arm64Text withMmioGuard(MmioGuardFactory f) {
    return new Arm64Text(geometry, features, tlb, pgtable, userMemAbort, arm64Mmu, handleGuestAbort, mte, f);
  }
}
