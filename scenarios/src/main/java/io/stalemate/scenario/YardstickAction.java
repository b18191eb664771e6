package io.stalemate.scenario;

/** What is done in scenario zero. */
public sealed interface YardstickAction extends Action {

  record Fault() implements YardstickAction {
    @Override
    public ActionKind kind() {
      return ActionKind.YARDSTICK_FAULT;
    }
  }

  record Invalidate() implements YardstickAction {
    @Override
    public ActionKind kind() {
      return ActionKind.YARDSTICK_INVALIDATE;
    }
  }
}
