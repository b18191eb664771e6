package io.stalemate.scenario.file;

import io.stalemate.scenario.Action;
import io.stalemate.scenario.ActionKind;
import io.stalemate.scenario.GuestAction;
import io.stalemate.scenario.HostAction;
import io.stalemate.scenario.Limits;
import io.stalemate.scenario.MappingKind;
import io.stalemate.scenario.Repeated;
import io.stalemate.scenario.SetAttributes;
import io.stalemate.scenario.SlotAction;
import io.stalemate.scenario.SystemUnderTest;
import io.stalemate.scenario.TaskKind;
import io.stalemate.scenario.Worded;
import io.stalemate.scenario.YardstickAction;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Reads one action of a task: {@code { do = store, gfn = 1, times = 2 }}. */
final class ActionReader {

  private final SystemUnderTest system;
  private final VmReader vm;

  ActionReader(SystemUnderTest system, VmReader vm) {
    this.system = system;
    this.vm = vm;
  }

  Repeated read(Section at, TaskKind task) {
    ActionKind kind = at.word("do", ActionKind.values());
    List<String> keys = new ArrayList<>(List.of("do", "times"));
    keys.addAll(kind.keys());
    at.allow(keys);
    if (kind.system() != system) {
      throw at.refused("do", "action '" + kind.word() + "' in system '" + system.word() + "'; it belongs to system '"
          + kind.system().word() + "'");
    }
    if (!kind.doneBy(task)) {
      List<String> doers = Arrays.stream(TaskKind.values()).filter(kind::doneBy).map(Worded::word).toList();
      throw at.refused("do", "action '" + kind.word() + "' in a task of kind '" + task.word() + "'; kind "
          + String.join(" or ", doers) + " does it");
    }
    return new Repeated(action(at, kind), at.number("times", 1, Limits.TIMES, 1));
  }

  private Action action(Section at, ActionKind kind) {
    return switch (kind) {
      case LOAD -> new GuestAction.Load(gfn(at));
      case STORE -> new GuestAction.Store(gfn(at), at.number("data", 1, Limits.DATA, GuestAction.Store.FRESH));
      case FETCH -> new GuestAction.Fetch(gfn(at));
      case MUNMAP -> new HostAction.Munmap(hva(at), pages(at));
      case MMAP -> new HostAction.Mmap(hva(at), pages(at), mapping(at), shift(at), at.flag("writable", true));
      case REMAP -> new HostAction.Remap(hva(at), pages(at), mapping(at), shift(at), at.flag("writable", true));
      case SWAP_OUT -> new HostAction.SwapOut(hva(at));
      case MIGRATE -> new HostAction.Migrate(hva(at));
      case KSM -> ksm(at);
      case PUNCH -> new HostAction.Punch(hva(at), pages(at));
      case PROTECT -> new HostAction.Protect(hva(at), pages(at));
      case AGE -> new HostAction.Age(hva(at), pages(at));
      case TOUCH -> new HostAction.Touch(hva(at), at.flag("write", false));
      case SLOT_CREATE -> new SlotAction.SlotCreate(vm.memslot(at));
      case SLOT_DELETE -> new SlotAction.SlotDelete(id(at));
      case SLOT_MOVE -> new SlotAction.SlotMove(id(at), gfn(at));
      case SLOT_FLAGS -> new SlotAction.SlotFlags(id(at), vm.flags(at));
      case SET_ATTRIBUTES -> setAttributes(at);
      case YARDSTICK_FAULT -> new YardstickAction.Fault();
      case YARDSTICK_INVALIDATE -> new YardstickAction.Invalidate();
    };
  }

  private Action ksm(Section at) {
    long hva = hva(at);
    long with = vm.hvas().read(at, "with");
    if (hva == with) {
      throw at.refused("with", "ksm of host page " + hva + " with itself; two pages are needed");
    }
    return new HostAction.Ksm(hva, with);
  }

  private Action setAttributes(Section at) {
    if (!at.has("private")) {
      throw at.refused("do", "set-attributes without 'private'; true or false is needed");
    }
    long gfn = gfn(at);
    return new SetAttributes(gfn, at.number("pages", 1, vm.geometry().gfns() - gfn, 1),
        at.flag("private", false));
  }

  private int id(Section at) {
    return at.number("id", 0, Limits.MEMSLOTS - 1);
  }

  private long gfn(Section at) {
    return at.number("gfn", 0, vm.geometry().gfns() - 1L);
  }

  private long hva(Section at) {
    return vm.hvas().read(at, "hva");
  }

  private long pages(Section at) {
    return at.number("pages", 1, Limits.HVA_PAGES - hva(at), 1);
  }

  private MappingKind mapping(Section at) {
    return at.has("kind") ? at.word("kind", MappingKind.values()) : MappingKind.ANON;
  }

  private int shift(Section at) {
    return vm.shift(at, mapping(at), hva(at), pages(at));
  }
}
