package io.stalemate.scenario;

/** What a guest does. */
public sealed interface GuestAction extends Action {

  /** The page it touches. */
  long gfn();

  record Load(long gfn, Manner manner) implements GuestAction {
    public Load {
      Limits.checkGfns(gfn, 1);
    }

    /** A plain load. */
    public Load(long gfn) {
      this(gfn, Manner.PLAIN);
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
  record Store(long gfn, int data, Manner manner) implements GuestAction {
    /** In place of data. */
    public static final int FRESH = 0;

    public Store {
      Limits.checkGfns(gfn, 1);
      Limits.check("data", data, FRESH, Limits.DATA);
    }

    /** A plain store. */
    public Store(long gfn, int data) {
      this(gfn, data, Manner.PLAIN);
    }

    @Override
    public ActionKind kind() {
      return ActionKind.STORE;
    }
  }

  /**
   * A load of tags.
   *
   * @param half 0 or 1: which half of the page
   */
  record LoadTags(long gfn, int half) implements GuestAction {
    public LoadTags {
      Limits.checkGfns(gfn, 1);
      Limits.check("half", half, 0, 1);
    }

    @Override
    public ActionKind kind() {
      return ActionKind.LOAD_TAGS;
    }
  }

  /**
   * A store of tags that no other store writes.
   *
   * @param half 0 or 1: which half of the page
   */
  record StoreTags(long gfn, int half) implements GuestAction {
    public StoreTags {
      Limits.checkGfns(gfn, 1);
      Limits.check("half", half, 0, 1);
    }

    @Override
    public ActionKind kind() {
      return ActionKind.STORE_TAGS;
    }
  }

  record Fetch(long gfn, Manner manner) implements GuestAction {
    public Fetch {
      Limits.checkGfns(gfn, 1);
    }

    /** A plain fetch. */
    public Fetch(long gfn) {
      this(gfn, Manner.PLAIN);
    }

    @Override
    public ActionKind kind() {
      return ActionKind.FETCH;
    }
  }

  /** The guest cleans the data cache ({@code DC CVAC}) at byte {@code offset} of the page. */
  record CacheMaintenance(long gfn, int offset) implements GuestAction {
    public CacheMaintenance {
      Limits.checkGfns(gfn, 1);
      Limits.check("offset", offset, 0, Limits.PAGE_BYTES - 1);
    }

    @Override
    public ActionKind kind() {
      return ActionKind.DC;
    }
  }
}
