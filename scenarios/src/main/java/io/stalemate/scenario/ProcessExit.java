package io.stalemate.scenario;

/** The VMM's main thread exits. When its other threads are done too, the last one takes the address space apart. */
public record ProcessExit() implements Action {

  @Override
  public ActionKind kind() {
    return ActionKind.EXIT_MM;
  }
}
