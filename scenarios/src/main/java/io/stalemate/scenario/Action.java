package io.stalemate.scenario;

import java.util.Set;

/**
 * One thing a task does. Units: {@code gfn}, {@code hva} and {@code pages} in pages, {@code hva} being a page number of
 * the host process. A value out of range is an {@link IllegalArgumentException}.
 */
public sealed interface Action {

  /** The action's kind. */
  ActionKind kind();

  /** What a guest does. */
  sealed interface Guest extends Action {
    long gfn();
  }

  record Load(long gfn) implements Guest {
    public Load {
      checkGfns(gfn, 1);
    }

    @Override
    public ActionKind kind() {
      return ActionKind.LOAD;
    }
  }

  /**
   * A store.
   *
   * @param data what is stored, so that pages can be made equal; {@link #FRESH} for a token no other store writes
   */
  record Store(long gfn, int data) implements Guest {
    /** In place of data. */
    public static final int FRESH = 0;

    public Store {
      checkGfns(gfn, 1);
      Limits.check("data", data, FRESH, Limits.DATA);
    }

    @Override
    public ActionKind kind() {
      return ActionKind.STORE;
    }
  }

  record Fetch(long gfn) implements Guest {
    public Fetch {
      checkGfns(gfn, 1);
    }

    @Override
    public ActionKind kind() {
      return ActionKind.FETCH;
    }
  }

  /** What the host's memory management does to {@code pages} pages from {@code hva}. */
  sealed interface Host extends Action {
    long hva();

    /** Number of pages. */
    default long pages() {
      return 1;
    }
  }

  record Munmap(long hva, long pages) implements Host {
    public Munmap {
      checkHvas(hva, pages);
    }

    @Override
    public ActionKind kind() {
      return ActionKind.MUNMAP;
    }
  }

  /**
   * A mapping is made where none is.
   *
   * @param shift log2 of the pages that one leaf of the mapping covers
   */
  record Mmap(long hva, long pages, MappingKind mapping, int shift, boolean writable) implements Host {
    public Mmap {
      checkHvas(hva, pages);
    }

    @Override
    public ActionKind kind() {
      return ActionKind.MMAP;
    }
  }

  /**
   * A mapping takes the place of another.
   *
   * @param shift log2 of the pages that one leaf of the new mapping covers
   */
  record Remap(long hva, long pages, MappingKind mapping, int shift, boolean writable) implements Host {
    public Remap {
      checkHvas(hva, pages);
    }

    @Override
    public ActionKind kind() {
      return ActionKind.REMAP;
    }
  }

  record SwapOut(long hva) implements Host {
    public SwapOut {
      checkHvas(hva, 1);
    }

    @Override
    public ActionKind kind() {
      return ActionKind.SWAP_OUT;
    }
  }

  record Migrate(long hva) implements Host {
    public Migrate {
      checkHvas(hva, 1);
    }

    @Override
    public ActionKind kind() {
      return ActionKind.MIGRATE;
    }
  }

  /**
   * Two pages are merged.
   *
   * @param with the page whose frame both share afterwards
   */
  record Ksm(long hva, long with) implements Host {
    public Ksm {
      checkHvas(hva, 1);
      checkHvas(with, 1);
    }

    @Override
    public ActionKind kind() {
      return ActionKind.KSM;
    }
  }

  record Punch(long hva, long pages) implements Host {
    public Punch {
      checkHvas(hva, pages);
    }

    @Override
    public ActionKind kind() {
      return ActionKind.PUNCH;
    }
  }

  record Protect(long hva, long pages) implements Host {
    public Protect {
      checkHvas(hva, pages);
    }

    @Override
    public ActionKind kind() {
      return ActionKind.PROTECT;
    }
  }

  record Age(long hva, long pages) implements Host {
    public Age {
      checkHvas(hva, pages);
    }

    @Override
    public ActionKind kind() {
      return ActionKind.AGE;
    }
  }

  record Touch(long hva, boolean write) implements Host {
    public Touch {
      checkHvas(hva, 1);
    }

    @Override
    public ActionKind kind() {
      return ActionKind.TOUCH;
    }
  }

  /** What a memslot ioctl does. */
  sealed interface Slot extends Action {
    int id();
  }

  record SlotCreate(Memslot slot) implements Slot {
    @Override
    public int id() {
      return slot.id();
    }

    @Override
    public ActionKind kind() {
      return ActionKind.SLOT_CREATE;
    }
  }

  record SlotDelete(int id) implements Slot {
    @Override
    public ActionKind kind() {
      return ActionKind.SLOT_DELETE;
    }
  }

  record SlotMove(int id, long gfn) implements Slot {
    public SlotMove {
      checkGfns(gfn, 1);
    }

    @Override
    public ActionKind kind() {
      return ActionKind.SLOT_MOVE;
    }
  }

  record SlotFlags(int id, Set<SlotFlag> flags) implements Slot {
    public SlotFlags {
      flags = SlotFlag.ordered(flags);
    }

    @Override
    public ActionKind kind() {
      return ActionKind.SLOT_FLAGS;
    }
  }

  record SetAttributes(long gfn, long pages, boolean privately) implements Action {
    public SetAttributes {
      checkGfns(gfn, pages);
    }

    @Override
    public ActionKind kind() {
      return ActionKind.SET_ATTRIBUTES;
    }
  }

  record YardstickFault() implements Action {
    @Override
    public ActionKind kind() {
      return ActionKind.YARDSTICK_FAULT;
    }
  }

  record YardstickInvalidate() implements Action {
    @Override
    public ActionKind kind() {
      return ActionKind.YARDSTICK_INVALIDATE;
    }
  }

  private static void checkGfns(long gfn, long pages) {
    Limits.check("gfn", gfn, 0, Limits.GFNS - 1);
    Limits.check("pages", pages, 1, Limits.GFNS - gfn);
  }

  private static void checkHvas(long hva, long pages) {
    Limits.check("hva", hva, 0, Limits.HVA_PAGES - 1);
    Limits.check("pages", pages, 1, Limits.HVA_PAGES - hva);
  }
}
