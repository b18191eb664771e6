package io.stalemate.scenario;

/**
 * One thing a task does. Units: {@code gfn}, {@code hva} and {@code pages} in pages, {@code hva} being a page number of
 * the host process. A value out of range is an {@link IllegalArgumentException}.
 */
public sealed interface Action
    permits GuestAction, GuestCall, HostAction, SlotAction, SetAttributes, YardstickAction, DirtyAction, CopyTags,
        Ucall, ProcessExit, PkvmAction, X86Action {

  /** The action's kind. */
  ActionKind kind();
}
