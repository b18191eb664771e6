package io.stalemate.sim;

/** Changes a {@link TlbState}; returns when the change is done. Units as in {@link io.stalemate.machine.Tlb}. */
public interface TlbOwner {

  /** A hardware walk begins. */
  void walkBegin(int vmid, long gfn);

  /** The walk ends without filling. */
  void walkEnd();

  /** The walk ends and fills. */
  void fill(int vmid, int level, long gfnBase, long count, long pfnBase, int permissions);

  /** {@code task} invalidates; complete at its barrier. A negative vmid means every vmid, as does count 0 every gfn. */
  void invalidate(int task, int vmid, long gfn, long count, int level);

  /** {@code task}'s barrier: completes its invalidations. */
  void complete(int task);
}
