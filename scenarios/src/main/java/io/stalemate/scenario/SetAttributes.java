package io.stalemate.scenario;

/** The attributes of {@code pages} pages from {@code gfn} are set. */
public record SetAttributes(long gfn, long pages, boolean privately) implements Action {
  public SetAttributes {
    Limits.checkGfns(gfn, pages);
  }

  @Override
  public ActionKind kind() {
    return ActionKind.SET_ATTRIBUTES;
  }
}
