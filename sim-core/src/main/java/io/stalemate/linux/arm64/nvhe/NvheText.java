package io.stalemate.linux.arm64.nvhe;

import io.stalemate.cpu.StageTwoGeometry;
import io.stalemate.linux.arm64.Arm64Text;
import io.stalemate.linux.arm64.KvmPgtable;
import io.stalemate.linux.arm64.KvmPgtableV515;
import io.stalemate.linux.arm64.KvmTlb;
import io.stalemate.linux.arm64.TablePages;
import io.stalemate.linux.kvm.Era;
import io.stalemate.machine.Machine;
import io.stalemate.machine.Pages;

/**
 * What is linked at EL2, as {@link io.stalemate.linux.arm64.Arm64Text} is for the host's KVM: a factory for each class
 * that an era or a known race may replace by a subclass.
 *
 * @param geometry the shape of all stage-2 tables
 */
public record NvheText(
    StageTwoGeometry geometry,
    TlbFactory tlb,
    PgtableFactory pgtable,
    HostMmuFactory hostMmu,
    MemProtectFactory memProtect) {

  /** Links {@code tlb.c}. */
  @FunctionalInterface
  public interface TlbFactory {
    KvmTlb link(Machine m);
  }

  /** Links {@code pgtable.c}. */
  @FunctionalInterface
  public interface PgtableFactory {
    KvmPgtable link(
        TablePages mmOps, KvmTlb tlb, int vmid, long pgd, int flags, KvmPgtable.ForcePte forcePteCb);
  }

  /** Links the host's half of {@code mem_protect.c}. */
  @FunctionalInterface
  public interface HostMmuFactory {
    HostMmu link(Machine m, NvheText nvhe, HypMemory memory, int poolPages);
  }

  /** Links the transitions of {@code mem_protect.c}. */
  @FunctionalInterface
  public interface MemProtectFactory {
    MemProtect link(Machine m, HostMmu host, HypPgtable hyp, PkvmHypVm vm);
  }

  /** The correct text of {@code era}. */
  public static NvheText of(Era era, StageTwoGeometry geometry) {
    Arm64Text.checkRendered(era);
    PgtableFactory pgtable = switch (era) {
      case V5_15 -> (mmOps, tlb, vmid, pgd, flags, cb) ->
          new KvmPgtableV515(mmOps, tlb, vmid, pgd, false, flags, cb);
      case V6_2 -> NvhePgtableV62::new;
      case V6_8, V6_12 -> NvhePgtableV612::new;
    };
    MemProtectFactory memProtect = switch (era) {
      case V5_15 -> (m, host, hyp, vm) -> new MemProtectV515(m, host, hyp);
      case V6_2 -> (m, host, hyp, vm) -> new MemProtect(m, host, hyp);
      case V6_8, V6_12 -> MemProtectV612::new;
    };
    return new NvheText(geometry, m -> new KvmTlb(m, false), pgtable, HostMmu::new, memProtect);
  }

  /** An empty table of {@code vmid} whose pages come from {@code pool}, the root first. */
  KvmPgtable pgtable(Machine m, HypPool pool, int vmid, int flags, KvmPgtable.ForcePte forcePteCb) {
    TablePages mmOps = new HypPool.TableOps(m, geometry, pool);
    long pgd = mmOps.zallocPage(pool);
    if (pgd == Pages.NO_PAGE) {
      throw new IllegalStateException("no page in the pool for the root table of VMID " + vmid);
    }
    return pgtable.link(mmOps, tlb.link(m), vmid, pgd, flags, forcePteCb);
  }

  /** The same text with another {@code tlb.c}. */
  public NvheText withTlb(TlbFactory f) {
    return new NvheText(geometry, f, pgtable, hostMmu, memProtect);
  }

  /** The same text with another {@code pgtable.c}. */
  public NvheText withPgtable(PgtableFactory f) {
    return new NvheText(geometry, tlb, f, hostMmu, memProtect);
  }

  /** The same text with another half of the host's. */
  public NvheText withHostMmu(HostMmuFactory f) {
    return new NvheText(geometry, tlb, pgtable, f, memProtect);
  }

  /** The same text with other transitions. */
  public NvheText withMemProtect(MemProtectFactory f) {
    return new NvheText(geometry, tlb, pgtable, hostMmu, f);
  }
}
