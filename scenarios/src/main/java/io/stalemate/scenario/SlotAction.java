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
