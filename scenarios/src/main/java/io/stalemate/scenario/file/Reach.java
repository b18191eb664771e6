package io.stalemate.scenario.file;

import io.stalemate.scenario.Action;
import io.stalemate.scenario.GuestAction;
import io.stalemate.scenario.HostAction;
import io.stalemate.scenario.Mapping;
import io.stalemate.scenario.Memslot;
import io.stalemate.scenario.SetAttributes;
import io.stalemate.scenario.SlotAction;
import io.stalemate.scenario.Vm;
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
    for (Mapping mapping : vm.mappings()) {
      set(hvas, mapping.hva(), mapping.pages());
    }
    vm.memslots().forEach(this::slot);
    for (Action action : actions) {
      if (action instanceof HostAction.Mmap mmap) {
        set(hvas, mmap.hva(), mmap.pages());
      } else if (action instanceof SlotAction.SlotCreate create) {
        slot(create.slot());
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
      }
      case HostAction.Ksm ksm -> {
        checkHvas(at, "hva", ksm.hva(), 1);
        checkHvas(at, "with", ksm.with(), 1);
      }
      case HostAction.Mmap mmap -> { }
      case HostAction host -> checkHvas(at, "hva", host.hva(), host.pages());
      case SlotAction.SlotCreate create -> checkHvas(at, "hva", create.slot().hva(), create.slot().pages());
      case SlotAction.SlotMove move -> {
        checkId(at, move);
        if (move.gfn() + slotPages.getOrDefault(move.id(), 0L) > vm.geometry().gfns()) {
          throw at.refused("gfn", "gfn = " + move.gfn() + "; memslot " + move.id() + " would end beyond gfn "
              + (vm.geometry().gfns() - 1));
        }
      }
      case SlotAction slot -> checkId(at, slot);
      case SetAttributes set -> { }
      case YardstickAction.Fault fault -> { }
      case YardstickAction.Invalidate invalidate -> { }
    }
  }

  /** Checks the memslots that exist from the start. */
  void checkMemslots(Section at) {
    for (Memslot slot : vm.memslots()) {
      checkHvas(at, "memslots", slot.hva(), slot.pages());
    }
  }

  private void checkId(Section at, SlotAction slot) {
    if (!slotPages.containsKey(slot.id())) {
      throw at.refused("id", "id = " + slot.id() + "; no memslot ever has it");
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
