package io.stalemate.testbed;

import io.stalemate.cpu.StageTwoGeometry;
import io.stalemate.linux.kvm.DirtyLog;
import io.stalemate.linux.kvm.Era;
import io.stalemate.linux.kvm.KernelText;
import io.stalemate.linux.kvm.Kvm;
import io.stalemate.linux.mm.Gup;
import io.stalemate.linux.mm.MemMap;
import io.stalemate.linux.mm.MmStruct;
import io.stalemate.linux.mm.Mmap;
import io.stalemate.linux.mm.MmuNotifierSubscriptions;
import io.stalemate.machine.Machine;
import io.stalemate.race.Race;
import io.stalemate.scenario.DirtyTracking;
import io.stalemate.scenario.Mapping;
import io.stalemate.scenario.Memslot;
import io.stalemate.scenario.Scenario;
import io.stalemate.scenario.input.Refused;
import java.util.Optional;

/** Boots the host and the VM that a scenario's tasks find: text of the era, with the race in it if there is one. */
final class KvmBoot {

  private final Scenario scenario;
  private final Reach reach;
  private final MmStruct mm;
  private final Kvm kvm;

  /** @throws Refused (usage) if KVM itself refuses what the scenario asks for */
  KvmBoot(Machine m, Scenario scenario, Era era, Optional<Race> race, Reach reach, Arch arch) {
    this.scenario = scenario;
    this.reach = reach;
    this.mm = bootHost(m, arch);
    KernelText text = KernelText.of(era, arch::archMmu);
    this.kvm = new Kvm(m, race.isPresent() ? race.get().patch(text) : text, mm, reach.gfns());
    trackDirtyPages();
    arch.createVm(kvm);
    for (Memslot slot : scenario.vm().memslots()) {
      booted(arch.setMemoryRegion(kvm, slot), "memslot " + slot.id());
    }
    arch.finish(kvm);
    putDevicesOnBus();
  }

  /** The VMM's address space. */
  MmStruct mm() {
    return mm;
  }

  /** The VM. */
  Kvm kvm() {
    return kvm;
  }

  private MmStruct bootHost(Machine m, Arch arch) {
    MemMap memMap = new MemMap(m, reach.hugeShift(), reach.hugePages(), arch.hostTags());
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
  }

  private void putDevicesOnBus() {
    for (long gfn : scenario.vm().emulation().bus()) {
      kvm.slotsLock.lock();
      kvm.ioBus.registerDev(gfn << StageTwoGeometry.PAGE_SHIFT, StageTwoGeometry.PAGE_SIZE);
      kvm.slotsLock.unlock();
    }
  }

  /** Refuses the scenario if a step of its set-up failed. */
  static void booted(int ret, String what) {
    if (ret != 0) {
      throw Refused.usage(what + " of the scenario cannot be set up: KVM refuses it with errno " + -ret);
    }
  }
}
