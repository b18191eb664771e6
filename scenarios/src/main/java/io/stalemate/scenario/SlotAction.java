package io.stalemate.scenario;

import java.util.Set;

/** What a memslot ioctl does. */
public sealed interface SlotAction extends Action {

  /** The memslot. */
  int id();

  record SlotCreate(Memslot slot) implements SlotAction {
    @Override
    public int id() {
      return slot.id();
    }

    @Override
    public ActionKind kind() {
      return ActionKind.SLOT_CREATE;
    }
  }

  /**
   * A new memslot where the VMM's allocator puts it; {@code -ENOMEM} if there is no room for its pages.
   *
   * @param flags iterates in the order of declaration
   */
  record SlotAllocate(int id, long pages, long hva, Set<SlotFlag> flags) implements SlotAction {
    public SlotAllocate {
      flags = new Memslot(id, 0, pages, hva, flags).flags();
    }

    /** The memslot at {@code gfn}. */
    public Memslot at(long gfn) {
      return new Memslot(id, gfn, pages, hva, flags);
    }

    @Override
    public ActionKind kind() {
      return ActionKind.SLOT_CREATE;
    }
  }

  record SlotDelete(int id) implements SlotAction {
    @Override
    public ActionKind kind() {
      return ActionKind.SLOT_DELETE;
    }
  }

  record SlotMove(int id, long gfn) implements SlotAction {
    public SlotMove {
      Limits.checkGfns(gfn, 1);
    }

    @Override
    public ActionKind kind() {
      return ActionKind.SLOT_MOVE;
    }
  }

  record SlotFlags(int id, Set<SlotFlag> flags) implements SlotAction {
    public SlotFlags {
      flags = SlotFlag.ordered(flags);
    }

    @Override
    public ActionKind kind() {
      return ActionKind.SLOT_FLAGS;
    }
  }
}
