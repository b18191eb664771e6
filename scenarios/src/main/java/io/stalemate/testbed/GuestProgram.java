package io.stalemate.testbed;

import io.stalemate.cpu.GuestInstruction;
import io.stalemate.cpu.GuestStep;
import io.stalemate.scenario.GuestAction;
import io.stalemate.scenario.GuestCall;
import io.stalemate.scenario.Repeated;
import io.stalemate.scenario.Ucall;
import java.util.ArrayList;
import java.util.List;

/** What a vCPU's actions make its guest execute. */
final class GuestProgram {

  private GuestProgram() {}

  /**
   * Yields what vCPU task {@code number} executes for {@code actions}; each store writes a token of its own.
   *
   * @param before steps that it has executed for earlier actions
   */
  static List<GuestStep> of(List<Repeated> actions, int number, int before, GuestAddresses addresses) {
    List<GuestStep> program = new ArrayList<>();
    for (Repeated repeated : actions) {
      for (int n = 0; n < repeated.times(); n++) {
        long token = (number + 1L) << 16 | (before + program.size() + 1L);
        switch (repeated.action()) {
          case GuestAction.Load load ->
              program.addAll(GuestSteps.of(GuestInstruction.load(load.gfn()), load.manner(), token));
          case GuestAction.Store store -> program.addAll(GuestSteps.of(
              GuestInstruction.store(store.gfn(), store.data() == GuestAction.Store.FRESH ? token : store.data()),
              store.manner(), token));
          case GuestAction.LoadTags load -> program.add(GuestInstruction.loadTags(load.gfn(), load.half()));
          case GuestAction.StoreTags store ->
              program.add(GuestInstruction.storeTags(store.gfn(), store.half(), token));
          case GuestAction.Fetch fetch ->
              program.addAll(GuestSteps.of(GuestInstruction.fetch(fetch.gfn()), fetch.manner(), token));
          case GuestAction.CacheMaintenance dc ->
              program.add(GuestInstruction.cacheMaintenance(dc.gfn()).offsetBy(dc.offset()));
          case Ucall ucall -> program.add(
              GuestInstruction.store(addresses.ucallGfn(), token).mappedAt(addresses.ucallVirtualPage()));
          case GuestCall call -> program.add(GuestCalls.step(call));
          default -> { }
        }
      }
    }
    return List.copyOf(program);
  }
}
