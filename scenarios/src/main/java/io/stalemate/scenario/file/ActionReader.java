package io.stalemate.scenario.file;

import io.stalemate.scenario.Action;
import io.stalemate.scenario.ActionKind;
import io.stalemate.scenario.DirtyAction;
import io.stalemate.scenario.CopyTags;
import io.stalemate.scenario.GmemPage;
import io.stalemate.scenario.GuestAction;
import io.stalemate.scenario.GuestCall;
import io.stalemate.scenario.GuestMemfdFile;
import io.stalemate.scenario.HostAction;
import io.stalemate.scenario.Limits;
import io.stalemate.scenario.Manner;
import io.stalemate.scenario.MappingKind;
import io.stalemate.scenario.ProcessExit;
import io.stalemate.scenario.Repeated;
import io.stalemate.scenario.SlotAction;
import io.stalemate.scenario.TaskKind;
import io.stalemate.scenario.Ucall;
import io.stalemate.scenario.Worded;
import io.stalemate.scenario.X86Action;
import io.stalemate.scenario.YardstickAction;
import io.stalemate.scenario.input.Safe;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/** Reads one action of a task: {@code { do = store, gfn = 1, times = 2 }}. */
final class ActionReader {

  private final SystemsReader.Systems systems;
  private final VmReader vm;

  ActionReader(SystemsReader.Systems systems, VmReader vm) {
    this.systems = systems;
    this.vm = vm;
  }

  Repeated read(Section at, TaskKind task) {
    ActionKind kind = at.word("do", ActionKind.values());
    List<String> keys = new ArrayList<>(List.of("do", "times"));
    keys.addAll(kind.keys());
    at.allow(keys);
    if (!kind.systems().containsAll(systems.all())) {
      throw at.refused("do", "action '" + kind.word() + "' in " + systems.text() + "; it belongs to system '"
          + String.join("' and '", Worded.words(kind.systems().toArray(Worded[]::new))) + "'");
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
      case LOAD -> new GuestAction.Load(anyGfn(at), manner(at));
      case STORE -> new GuestAction.Store(
          anyGfn(at), at.number("data", 1, Limits.DATA, GuestAction.Store.FRESH), manner(at));
      case FETCH -> new GuestAction.Fetch(anyGfn(at), manner(at));
      case DC -> new GuestAction.CacheMaintenance(anyGfn(at), at.number("offset", 0, Limits.PAGE_BYTES - 1, 0));
      case UCALL -> new Ucall();
      case MMIO_GUARD_ENROLL, SYSTEM_RESET -> new GuestCall(kind, 0);
      case MMIO_GUARD_MAP, MMIO_GUARD_UNMAP -> new GuestCall(kind, ipa(at));
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
      case SLOT_CREATE -> slotCreate(at);
      case SLOT_DELETE -> new SlotAction.SlotDelete(id(at));
      case SLOT_MOVE -> new SlotAction.SlotMove(id(at), gfn(at));
      case SLOT_FLAGS -> new SlotAction.SlotFlags(id(at), vm.flags(at));
      case SET_ATTRIBUTES -> AttributesReader.read(at, vm.geometry());
      case GET_DIRTY_LOG -> new DirtyAction.GetDirtyLog(id(at));
      case CLEAR_DIRTY_LOG -> clearDirtyLog(at);
      case HARVEST_RING -> new DirtyAction.HarvestRing(at.name("vcpu"));
      case RESET_RINGS -> new DirtyAction.ResetRings();
      case LOAD_TAGS -> new GuestAction.LoadTags(gfn(at), half(at));
      case STORE_TAGS -> new GuestAction.StoreTags(gfn(at), half(at));
      case PROTECT_MTE -> protectMte(at);
      case READ_TAGS -> copyTags(at, false);
      case WRITE_TAGS -> copyTags(at, true);
      case EXIT_MM -> new ProcessExit();
      case YARDSTICK_FAULT -> new YardstickAction.Fault();
      case YARDSTICK_INVALIDATE -> new YardstickAction.Invalidate();
      case HOST_LOAD, HOST_STORE, HOST_FETCH, SHARE_HYP, UNSHARE_HYP, DONATE_HYP, HYP_DONATE_HOST, HYP_WRITE, HYP_PIN,
          FFA_SHARE, FFA_RECLAIM, SHARE_GUEST, UNSHARE_GUEST, GUEST_LOAD, GUEST_STORE -> PkvmReader.action(at, kind);
      case PRE_FAULT -> new X86Action.PreFault(gfn(at), gfns(at));
      case PUNCH_HOLE -> punchHole(at);
      case CLOSE -> new X86Action.Close(vm.x86().file(at).name());
      case TRACK_GFN -> new X86Action.TrackGfn(gfn(at), true);
      case UNTRACK_GFN -> new X86Action.TrackGfn(gfn(at), false);
      case ZAP_GFN_RANGE -> new X86Action.ZapGfnRange(gfn(at), gfns(at));
    };
  }

  private Manner manner(Section at) {
    return Manners.read(at, systems, vm.x86());
  }

  private Action punchHole(Section at) {
    GuestMemfdFile file = vm.x86().file(at);
    int page = at.number("page", 0, file.pages() - 1L, 0);
    return new X86Action.PunchHole(new GmemPage(file.name(), page), at.number("pages", 1, file.pages() - page, 1));
  }

  /** A number of pages from {@code gfn} on, within the tables. */
  private long gfns(Section at) {
    return at.number("pages", 1, vm.geometry().gfns() - gfn(at), 1);
  }

  private Action ksm(Section at) {
    long hva = hva(at);
    long with = vm.hvas().read(at, "with");
    if (hva == with) {
      throw at.refused("with", "ksm of host page " + hva + " with itself; two pages are needed");
    }
    return new HostAction.Ksm(hva, with);
  }

  private Action slotCreate(Section at) {
    Optional<String> word = at.string("gfn");
    if (word.equals(Optional.of(EmulationReader.ALLOCATE))) {
      return vm.allocated(at);
    }
    if (word.isPresent() && !word.get().startsWith("0x")) {
      throw at.refused("gfn", "gfn = " + Safe.quote(word.get()) + "; " + EmulationReader.ALLOCATE
          + ", or a whole number from 0 to " + (vm.geometry().gfns() - 1) + ", is allowed");
    }
    return new SlotAction.SlotCreate(vm.memslot(at));
  }

  private Action protectMte(Section at) {
    needsMte(at);
    return new HostAction.ProtectMte(hva(at), pages(at));
  }

  private Action clearDirtyLog(Section at) {
    long gfn = gfn(at);
    return new DirtyAction.ClearDirtyLog(id(at), gfn, at.number("pages", 1, vm.geometry().gfns() - gfn));
  }

  private int half(Section at) {
    needsMte(at);
    return at.number("half", 0, 1, 0);
  }

  private Action copyTags(Section at, boolean write) {
    needsMte(at);
    long gfn = gfn(at);
    if (at.has("length") && at.has("pages")) {
      throw at.refused("length", "length and pages in one action; one of them is needed");
    }
    int pages = at.number("pages", 1, Math.min(vm.geometry().gfns() - gfn, Limits.BYTES / Limits.PAGE_BYTES), 1);
    int flagBits = at.number("flag-bits", 0, Limits.DATA, 0);
    if ((flagBits & 1) != 0) {
      throw at.refused("flag-bits", "flag-bits = " + flagBits + "; bit 0 is the direction, which the action's name "
          + "gives: even numbers are allowed");
    }
    return new CopyTags(write, gfn, at.number("offset", 0, Limits.PAGE_BYTES - 1, 0),
        at.number("length", 0, Limits.BYTES, pages * Limits.PAGE_BYTES), at.number("reserved", 0, Limits.DATA, 0),
        flagBits, at.number("fault-at", 0, Limits.BYTES, CopyTags.NO_FAULT));
  }

  private void needsMte(Section at) {
    if (!vm.mte()) {
      throw at.refused("do", "tags in a vm without them; vm { mte = true } is needed");
    }
  }

  private int id(Section at) {
    return at.number("id", 0, Limits.MEMSLOTS - 1);
  }

  /** The argument of a hypercall: a page, or any address, so that a guest may also give a wrong one. */
  private long ipa(Section at) {
    if (at.has("gfn") && at.has("ipa")) {
      throw at.refused("ipa", "gfn and ipa in one action; one of them is needed");
    }
    return at.has("ipa") ? at.number("ipa", 0, GuestCall.IPA_MAX) : gfn(at) * Limits.PAGE_BYTES;
  }

  /** A page of a guest access, which may be one beyond the tables if the file says that it is meant. */
  private long anyGfn(Section at) {
    return at.number("gfn", 0, vm.gfnLargest());
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
