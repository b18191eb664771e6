package io.stalemate.sim;

import io.stalemate.trace.ObjectKind;

/** How turns pass and who changes the state machines; see the package. */
public interface Engine {

  /** Takes on a new world; called once, before anything else. */
  void attach(World world);

  /** Lets task {@code task} run to its first announcement: calls {@link World#turn} once. */
  void begin(int task);

  /** Gives the turn to {@code task} and passes it on, calling {@link World#turn} until that yields no task. */
  void proceed(int task);

  /** Yields who performs changes of {@code lock}, a lock of kind {@code kind}: its owner. */
  LockOwner own(LockState lock, ObjectKind kind);

  /** Yields who performs changes of {@code domain}: its owner. */
  SrcuOwner own(SrcuState domain);

  /** Yields who performs changes of the TLB {@code tlb}: its owner. */
  TlbOwner own(TlbState tlb);
}
