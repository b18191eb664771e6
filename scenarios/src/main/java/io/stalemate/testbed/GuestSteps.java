package io.stalemate.testbed;

import io.stalemate.cpu.GuestInstruction;
import io.stalemate.scenario.Manner;
import java.util.ArrayList;
import java.util.List;

/** What a CPU does for one access of a guest, one memory access at a time. */
final class GuestSteps {

  private GuestSteps() {}

  /**
   * Yields the steps of {@code plain}, made as {@code manner} says: the walk of the guest's stage-1 table, the update
   * of its descriptor, the access.
   *
   * @param token what the access stores if it stores a token of its own; the descriptor gets one derived from it
   */
  static List<GuestInstruction> of(GuestInstruction plain, Manner manner, long token) {
    GuestInstruction access = plain.offsetBy(manner.offset());
    if (manner.privately()) {
      access = access.asPrivate();
    }
    if (manner.undecodable()) {
      access = access.undecodable();
    }
    if (manner.failing()) {
      access = access.failing();
    }
    List<GuestInstruction> steps = new ArrayList<>();
    if (manner.table() != Manner.NO_TABLE) {
      steps.add(access.walkingIn(manner.table()));
      if (manner.updates()) {
        steps.add(access.updatingIn(manner.table(), token | 1L << 32));
      }
    }
    steps.add(access);
    return steps;
  }
}
