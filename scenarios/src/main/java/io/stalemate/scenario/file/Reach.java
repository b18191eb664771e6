package io.stalemate.scenario.file;

import io.stalemate.scenario.Action;
import io.stalemate.scenario.DirtyAction;
import io.stalemate.scenario.CopyTags;
import io.stalemate.scenario.Emulation;
import io.stalemate.scenario.GuestAction;
import io.stalemate.scenario.GuestCall;
import io.stalemate.scenario.HostAction;
import io.stalemate.scenario.Manner;
import io.stalemate.scenario.Mapping;
import io.stalemate.scenario.Memslot;
import io.stalemate.scenario.MmioGuardSetup;
import io.stalemate.scenario.ProcessExit;
import io.stalemate.scenario.PkvmAction;
import io.stalemate.scenario.SetAttributes;
import io.stalemate.scenario.SlotAction;
import io.stalemate.scenario.Ucall;
import io.stalemate.scenario.Vm;
import io.stalemate.scenario.X86Action;
import io.stalemate.scenario.YardstickAction;
import java.util.BitSet;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Checks that every action touches something that exists at some time: a gfn in some memslot, a host page in some
 * mapping, a memslot's id. Which of them exist at the moment is what races are about;
 * one that never does is a slip of the pen.
 */
final class Reach {

  private final Vm vm;
  private final BitSet gfns = new BitSet();
  private final BitSet hvas = new BitSet();
  /** The largest number of pages that a memslot of this id ever has. */
  private final Map<Integer, Long> slotPages = new LinkedHashMap<>();

  Reach(Vm vm, Iterable<Action> actions) {
    this.vm = vm;
    vm.mmio().forEach(gfn -> gfns.set(gfn.intValue()));
    vm.emulation().bus().forEach(gfn -> gfns.set(gfn.intValue()));
    for (Mapping mapping : vm.mappings()) {
      set(hvas, mapping.hva(), mapping.pages());
    }
    vm.memslots().forEach(this::slot);
    for (Action action : actions) {
      if (action instanceof HostAction.Mmap mmap) {
        set(hvas, mmap.hva(), mmap.pages());
      } else if (action instanceof SlotAction.SlotCreate create) {
        slot(create.slot());
      } else if (action instanceof SlotAction.SlotAllocate create) {
        slotPages.merge(create.id(), create.pages(), Math::max);
      }
    }
    for (Action action : actions) {
      if (action instanceof SlotAction.SlotMove move) {
        set(gfns, move.gfn(), slotPages.getOrDefault(move.id(), 0L));
      }
    }
  }

  /** @throws io.stalemate.scenario.input.Refused if {@code action}, read from {@code at}, touches what never exists */
  void check(Section at, Action action) {
    switch (action) {
      case GuestAction guest -> {
        if (!gfns.get((int) guest.gfn())) {
          throw at.refused("gfn", "gfn = " + guest.gfn()
              + "; no memslot ever covers it (list it under vm.mmio if meant)");
        }
        checkTable(at, guest);
      }
      // A hypercall may name any address: refusing it is the kernel's business.
      case GuestCall call -> { }
      case HostAction.Ksm ksm -> {
        checkHvas(at, "hva", ksm.hva(), 1);
        checkHvas(at, "with", ksm.with(), 1);
      }
      case HostAction.Mmap mmap -> { }
      case HostAction host -> checkHvas(at, "hva", host.hva(), host.pages());
      case Ucall ucall -> {
        if (vm.emulation().ucall() == Emulation.NO_UCALL) {
          throw at.refused("do", "ucall in a vm that has no address for it; vm.vmm { ucall } gives one");
        }
      }
      case SlotAction.SlotAllocate create -> checkHvas(at, "hva", create.hva(), create.pages());
      case SlotAction.SlotCreate create -> {
        checkHvas(at, "hva", create.slot().hva(), create.slot().pages());
        checkUcall(at, create.slot().gfn(), create.slot().pages());
      }
      case SlotAction.SlotMove move -> {
        checkId(at, move.id());
        if (move.gfn() + slotPages.getOrDefault(move.id(), 0L) > vm.geometry().gfns()) {
          throw at.refused("gfn", "gfn = " + move.gfn() + "; memslot " + move.id() + " would end beyond gfn "
              + (vm.geometry().gfns() - 1));
        }
        checkUcall(at, move.gfn(), slotPages.getOrDefault(move.id(), 0L));
      }
      case SlotAction slot -> checkId(at, slot.id());
      case DirtyAction.GetDirtyLog get -> checkId(at, get.id());
      case DirtyAction.ClearDirtyLog clear -> checkId(at, clear.id());
      case DirtyAction.HarvestRing harvest -> checkRings(at);
      case DirtyAction.ResetRings reset -> checkRings(at);
      // A VMM may name any range: refusing it is the kernel's business.
      case SetAttributes set -> { }
      case X86Action.PreFault fault -> checkGfn(at, fault.gfn());
      case X86Action.TrackGfn track -> checkGfn(at, track.gfn());
      // Like a range of attributes, one of a zap may cover more than there is.
      case X86Action.ZapGfnRange zap -> { }
      case X86Action.PunchHole punch -> { }
      case X86Action.Close close -> { }
      case ProcessExit exit -> { }
      case CopyTags copy -> {
        if (!gfns.get((int) copy.gfn())) {
          throw at.refused("gfn", "gfn = " + copy.gfn() + "; no memslot ever covers it");
        }
      }
      case YardstickAction.Fault fault -> { }
      case YardstickAction.Invalidate invalidate -> { }
      // PkvmReader checks those.
      case PkvmAction pkvm -> { }
    }
  }

  private void checkGfn(Section at, long gfn) {
    if (!gfns.get((int) gfn)) {
      throw at.refused("gfn", "gfn = " + gfn + "; no memslot ever covers it (list it under vm.mmio if meant)");
    }
  }

  private void checkTable(Section at, GuestAction guest) {
    Manner manner = switch (guest) {
      case GuestAction.Load load -> load.manner();
      case GuestAction.Store store -> store.manner();
      case GuestAction.Fetch fetch -> fetch.manner();
      case GuestAction.LoadTags load -> Manner.PLAIN;
      case GuestAction.StoreTags store -> Manner.PLAIN;
      case GuestAction.CacheMaintenance dc -> Manner.PLAIN;
    };
    if (manner.table() != Manner.NO_TABLE && !gfns.get((int) manner.table())) {
      throw at.refused("stage1-table", "stage1-table = " + manner.table()
          + "; no memslot ever covers it (list it under vm.mmio if meant)");
    }
  }

  /** A ucall's page that was allocated is nobody else's: the allocator takes the lowest that is free at the start. */
  private void checkUcall(Section at, long gfn, long pages) {
    if (vm.emulation().ucall() != Emulation.ALLOCATE) {
      return;
    }
    BitSet taken = new BitSet();
    vm.memslots().forEach(slot -> set(taken, slot.gfn(), slot.pages()));
    vm.emulation().carveOuts().forEach(carveOut -> set(taken, carveOut.gfn(), carveOut.pages()));
    vm.emulation().bus().forEach(device -> taken.set(device.intValue()));
    if (vm.mmioGuard().gicv2() != MmioGuardSetup.NO_GICV2) {
      taken.set((int) vm.mmioGuard().gicv2());
    }
    int ucall = taken.nextClearBit(0);
    if (gfn <= ucall && ucall < gfn + pages) {
      throw at.refused("gfn", "gfn = " + gfn + "; the memslot would lie over gfn " + ucall
          + ", which ucall = allocate gets; another gfn, or allocate in slot-create, is needed");
    }
  }

  /** Checks the memslots that exist from the start. */
  void checkMemslots(Section at) {
    for (Memslot slot : vm.memslots()) {
      checkHvas(at, "memslots", slot.hva(), slot.pages());
    }
  }

  private void checkId(Section at, int id) {
    if (!slotPages.containsKey(id)) {
      throw at.refused("id", "id = " + id + "; no memslot ever has it");
    }
  }

  private void checkRings(Section at) {
    if (vm.dirtyTracking().ringEntries() == 0) {
      throw at.refused("do", "dirty rings in a vm that has none; vm.dirty-ring { entries } gives each vcpu one");
    }
  }

  private void checkHvas(Section at, String key, long hva, long pages) {
    int missing = hvas.nextClearBit((int) hva);
    if (missing < hva + pages) {
      throw at.refused(key, "host page " + missing + " (" + pages + " from " + hva + "); no mapping ever covers it");
    }
  }

  private void slot(Memslot slot) {
    set(gfns, slot.gfn(), slot.pages());
    slotPages.merge(slot.id(), slot.pages(), Math::max);
  }

  private static void set(BitSet bits, long from, long count) {
    bits.set((int) from, (int) (from + count));
  }
}
