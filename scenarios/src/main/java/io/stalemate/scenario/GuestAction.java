package io.stalemate.scenario;

/** What a guest does. */
public sealed interface GuestAction extends Action {

  /** The page it touches. */
  long gfn();

  record Load(long gfn) implements GuestAction {
    public Load {
      Limits.checkGfns(gfn, 1);
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
  record Store(long gfn, int data) implements GuestAction {
    /** In place of data. */
    public static final int FRESH = 0;

    public Store {
      Limits.checkGfns(gfn, 1);
      Limits.check("data", data, FRESH, Limits.DATA);
    }

    @Override
    public ActionKind kind() {
      return ActionKind.STORE;
    }
  }

  record Fetch(long gfn) implements GuestAction {
    public Fetch {
      Limits.checkGfns(gfn, 1);
    }

    @Override
    public ActionKind kind() {
      return ActionKind.FETCH;
    }
  }
}
