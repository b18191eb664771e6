package io.stalemate.scenario;

/** What a VMM thread does to learn which pages are dirty. */
public sealed interface DirtyAction extends Action {

  /** {@code KVM_GET_DIRTY_LOG} of memslot {@code id}; yields the number of dirty pages. */
  record GetDirtyLog(int id) implements DirtyAction {
    @Override
    public ActionKind kind() {
      return ActionKind.GET_DIRTY_LOG;
    }
  }

  /**
   * {@code KVM_CLEAR_DIRTY_LOG} of what the last {@code get-dirty-log} of memslot {@code id} said, for {@code pages}
   * pages from {@code gfn}.
   */
  record ClearDirtyLog(int id, long gfn, long pages) implements DirtyAction {
    public ClearDirtyLog {
      Limits.checkGfns(gfn, pages);
    }

    @Override
    public ActionKind kind() {
      return ActionKind.CLEAR_DIRTY_LOG;
    }
  }

  /** The VMM reads the dirty entries of a ring; yields their number. {@code vcpu} is the name of a vCPU's task. */
  record HarvestRing(String vcpu) implements DirtyAction {
    public HarvestRing {
      Limits.check(vcpu);
    }

    @Override
    public ActionKind kind() {
      return ActionKind.HARVEST_RING;
    }
  }

  /** {@code KVM_RESET_DIRTY_RINGS}; yields the number of entries. */
  record ResetRings() implements DirtyAction {
    @Override
    public ActionKind kind() {
      return ActionKind.RESET_RINGS;
    }
  }
}
