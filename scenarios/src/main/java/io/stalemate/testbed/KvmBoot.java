package io.stalemate.testbed;

import io.stalemate.cpu.StageTwoGeometry;
import io.stalemate.linux.arm64.Arm64Mmu;
import io.stalemate.linux.arm64.Arm64Text;
import io.stalemate.linux.arm64.CpuFeatures;
import io.stalemate.linux.arm64.HandleGuestAbort;
import io.stalemate.linux.arm64.MmioGuardLasting;
import io.stalemate.linux.arm64.VmCaps;
import io.stalemate.linux.kvm.DirtyLog;
import io.stalemate.linux.kvm.Era;
import io.stalemate.linux.kvm.KernelText;
import io.stalemate.linux.kvm.Kvm;
import io.stalemate.linux.mm.Gup;
import io.stalemate.linux.mm.MemMap;
import io.stalemate.linux.mm.MmStruct;
import io.stalemate.linux.mm.Mmap;
import io.stalemate.linux.mm.MmuNotifierSubscriptions;
import io.stalemate.linux.mm.Mte;
import io.stalemate.machine.Machine;
import io.stalemate.race.Race;
import io.stalemate.scenario.CpuFeature;
import io.stalemate.scenario.DirtyTracking;
import io.stalemate.scenario.Emulation;
import io.stalemate.scenario.Mapping;
import io.stalemate.scenario.Memslot;
import io.stalemate.scenario.MmioGuardSetup;
import io.stalemate.scenario.Scenario;
import io.stalemate.scenario.input.Refused;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;

/** Boots the host and the VM that a scenario's tasks find: text of the era, with the race in it if there is one. */
final class KvmBoot {

  private final Scenario scenario;
  private final Reach reach;
  private final Arm64Text arm64;
  private final MmStruct mm;
  private final Kvm kvm;
  private final HandleGuestAbort handleGuestAbort;

  /** @throws Refused (usage) if KVM itself refuses what the scenario asks for */
  KvmBoot(Machine m, Scenario scenario, Era era, Optional<Race> race, Reach reach) {
    this.scenario = scenario;
    this.reach = reach;
    this.arm64 = arm64(era, race);
    this.mm = bootHost(m);
    KernelText text = KernelText.of(era, arm64::archMmu);
    this.kvm = new Kvm(m, race.isPresent() ? race.get().patch(text) : text, mm, reach.gfns());
    if (scenario.vm().mmioGuard().gicv2() != MmioGuardSetup.NO_GICV2) {
      ((Arm64Mmu) kvm.archMmu).mmioGuard().createVgicV2(
          scenario.vm().mmioGuard().gicv2() << StageTwoGeometry.PAGE_SHIFT);
    }
    trackDirtyPages();
    for (Memslot slot : scenario.vm().memslots()) {
      booted(kvm.memoryRegions.setMemoryRegion(
          slot.id(), slot.gfn(), slot.pages(), slot.hva(), HostActions.flags(slot.flags())), "memslot " + slot.id());
    }
    this.handleGuestAbort = arm64.handleGuestAbort().link((Arm64Mmu) kvm.archMmu, caps());
    putDevicesOnBus();
  }

  /** arm64's text. */
  Arm64Text arm64() {
    return arm64;
  }

  /** The VMM's address space. */
  MmStruct mm() {
    return mm;
  }

  /** The VM. */
  Kvm kvm() {
    return kvm;
  }

  /** The VM's abort handler. */
  HandleGuestAbort handleGuestAbort() {
    return handleGuestAbort;
  }

  private Arm64Text arm64(Era era, Optional<Race> race) {
    StageTwoGeometry geometry =
        new StageTwoGeometry(scenario.vm().geometry().levels(), scenario.vm().geometry().bits());
    Arm64Text text = Arm64Text.of(era, geometry, features());
    if (scenario.vm().mmioGuard().lasting()) {
      text = text.withMmioGuard(MmioGuardLasting::new);
    }
    return race.isPresent() ? race.get().patch(text) : text;
  }

  private CpuFeatures features() {
    Set<CpuFeature> features = scenario.vm().cpuFeatures();
    return new CpuFeatures(features.contains(CpuFeature.TLBIRANGE), features.contains(CpuFeature.FWB));
  }

  private MmStruct bootHost(Machine m) {
    Optional<Function<MemMap, Mte>> mte =
        scenario.vm().mte() ? Optional.of(arm64.mte().host()) : Optional.empty();
    MemMap memMap = new MemMap(m, reach.hugeShift(), reach.hugePages(), mte);
    MmStruct mm = new MmStruct(memMap, new MmuNotifierSubscriptions(m), reach.hvaPages());
    Mmap mmap = new Mmap(mm);
    Gup gup = new Gup(mm);
    for (Mapping mapping : scenario.vm().mappings()) {
      booted(mmap.mmap(mapping.hva(), mapping.pages(), HostActions.kind(mapping.kind()), mapping.shift(), true),
          "mapping " + mapping.name());
      if (mapping.mte()) {
        booted(mmap.mprotectMte(mapping.hva(), mapping.pages()), "mapping " + mapping.name());
      }
      for (long hva = mapping.hva(); mapping.populate() && hva < mapping.hvaEnd(); hva++) {
        long pfn = gup.getUserPagesUnlocked(hva, true);
        if (pfn > 0) {
          memMap.putPage(pfn);
        }
      }
      if (!mapping.writable()) {
        booted(mmap.mprotect(mapping.hva(), mapping.pages(), false), "mapping " + mapping.name());
      }
    }
    return mm;
  }

  private void trackDirtyPages() {
    DirtyTracking dirty = scenario.vm().dirtyTracking();
    if (dirty.manualProtect()) {
      booted(kvm.dirtyLog.enableManualProtect(DirtyLog.KVM_DIRTY_LOG_MANUAL_PROTECT_ENABLE
          | (dirty.initiallySet() ? DirtyLog.KVM_DIRTY_LOG_INITIALLY_SET : 0)), "dirty log");
    }
    if (dirty.ringEntries() != 0) {
      booted(kvm.dirtyLog.enableDirtyLogRing(dirty.ringEntries()), "dirty ring");
    }
    if (dirty.eagerSplitPages() != 0) {
      long bytes = (long) dirty.eagerSplitPages() << StageTwoGeometry.PAGE_SHIFT;
      booted(((Arm64Mmu) kvm.archMmu).eagerSplit().setChunkSize(bytes), "eager split");
    }
  }

  private VmCaps caps() {
    Emulation emulation = scenario.vm().emulation();
    return new VmCaps(emulation.nisvToUser(), emulation.protectedVm(), emulation.claimsSea(), emulation.ipaBits());
  }

  private void putDevicesOnBus() {
    for (long gfn : scenario.vm().emulation().bus()) {
      kvm.slotsLock.lock();
      kvm.ioBus.registerDev(gfn << StageTwoGeometry.PAGE_SHIFT, StageTwoGeometry.PAGE_SIZE);
      kvm.slotsLock.unlock();
    }
  }

  private static void booted(int ret, String what) {
    if (ret != 0) {
      throw Refused.usage(what + " of the scenario cannot be set up: KVM refuses it with errno " + -ret);
    }
  }
}
