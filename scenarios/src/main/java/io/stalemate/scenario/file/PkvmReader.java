package io.stalemate.scenario.file;

import io.stalemate.scenario.ActionKind;
import io.stalemate.scenario.Limits;
import io.stalemate.scenario.Pkvm;
import io.stalemate.scenario.PkvmAction;
import io.stalemate.scenario.SystemUnderTest;
import io.stalemate.scenario.Vm;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;

/** Reads the section {@code pkvm} and the actions of its system. */
final class PkvmReader {

  private final Section root;
  private final SystemUnderTest system;

  PkvmReader(Section root, SystemUnderTest system) {
    this.root = root;
    this.system = system;
  }

  /** Reads the machine; {@link Pkvm#NONE} for other systems, which may not have one. */
  Pkvm read() {
    if (system != SystemUnderTest.PKVM) {
      if (root.has("pkvm")) {
        throw root.refused("pkvm", "a pkvm in system '" + system.word() + "'; it belongs to system 'pkvm'");
      }
      return Pkvm.NONE;
    }
    if (!root.has("pkvm")) {
      throw root.refused("system", "system 'pkvm' without a pkvm; its pages and memory are needed");
    }
    root.section("vm", "the vm of system 'pkvm'").allow(List.of("era", "eras", "cpus", "geometry", "alloc-failures"));
    Section at = root.section("pkvm", "the pkvm").allow(List.of("pages", "memory", "pool", "guest"));
    int pages = at.number("pages", 1, Pkvm.PAGES_MAX);
    long last = Pkvm.FIRST_PAGE + pages - 1;
    List<Pkvm.Region> memory = new ArrayList<>();
    for (Section region : at.sections("memory", "a region", Limits.MAPPINGS)) {
      region.allow(List.of("page", "pages", "no-map"));
      long least = memory.isEmpty() ? Pkvm.FIRST_PAGE : memory.getLast().end();
      if (least > last) {
        throw region.refused("page", "memory after page " + (least - 1) + ", the machine's last");
      }
      long page = region.number("page", least, last);
      memory.add(new Pkvm.Region(
          page, region.number("pages", 1, last + 1 - page), region.flag("no-map", false)));
    }
    if (memory.isEmpty()) {
      throw at.refused("memory", "a machine without memory; at least one region is needed");
    }
    int pool = at.number("pool", 1, Limits.FRAMES, Pkvm.POOL_DEFAULT);
    SortedMap<Long, Long> guest = new TreeMap<>();
    for (Section entry : at.sections("guest", "a page of the guest", Limits.MEMSLOTS)) {
      entry.allow(List.of("gfn", "page"));
      long gfn = entry.number("gfn", 0, Pkvm.FIRST_PAGE - 1);
      if (guest.put(gfn, (long) entry.number("page", Pkvm.FIRST_PAGE, memory.getLast().end() - 1)) != null) {
        throw entry.refused("gfn", "gfn " + gfn + " given twice; a gfn has one page");
      }
    }
    return new Pkvm(pages, memory, pool, guest);
  }

  /** Reads an action of {@code kind}. */
  static PkvmAction action(Section at, ActionKind kind) {
    boolean page = kind.keys().contains("page");
    boolean gfn = kind.keys().contains("gfn");
    boolean pages = kind.keys().contains("pages");
    return new PkvmAction(
        kind,
        page ? at.number("page", Pkvm.FIRST_PAGE, Pkvm.FIRST_PAGE + Pkvm.PAGES_MAX - 1) : 0,
        gfn ? at.number("gfn", 0, Pkvm.FIRST_PAGE - 1) : 0,
        pages ? at.number("pages", 1, Pkvm.PAGES_MAX, 1) : 1);
  }

  /** Checks the machine against the tables' shape, once both are known. */
  void check(Pkvm pkvm, Vm vm) {
    if (system == SystemUnderTest.PKVM && pkvm.end() > vm.geometry().gfns()) {
      throw root.refused("pkvm", "the machine's last page is " + (pkvm.end() - 1) + "; tables of this geometry reach "
          + "page " + (vm.geometry().gfns() - 1) + " (levels = 3, bits = 3 reach 511)");
    }
    if (system == SystemUnderTest.PKVM && pkvm.pool() < pkvm.poolMin(vm.geometry())) {
      throw root.refused("pkvm", "pool = " + pkvm.pool() + "; the host's table needs at least "
          + pkvm.poolMin(vm.geometry()) + " pages to map the memory page by page");
    }
  }

  /** Checks that {@code action} exists in every kernel of the scenario and touches what is there. */
  static void check(Section at, PkvmAction action, Pkvm pkvm, Vm vm) {
    List<String> eras = eras(action.kind());
    for (String era : vm.eras()) {
      if (!eras.contains(era)) {
        throw at.refused("do", "action '" + action.kind().word() + "' in era " + era + "; "
            + String.join(", ", eras) + (eras.size() == 1 ? " has it" : " have it") + " (see vm.eras)");
      }
    }
    if (action.kind().keys().contains("page") && action.page() + action.pages() > pkvm.end()) {
      throw at.refused("page", "page " + (action.page() + action.pages() - 1) + "; the machine's last is "
          + (pkvm.end() - 1));
    }
    if (action.kind() == ActionKind.HOST_FETCH && !pkvm.isMemory(action.page())) {
      throw at.refused("page", "host-fetch of page " + action.page() + ", which is MMIO and never executable; "
          + "a page of memory is needed (see pkvm.memory)");
    }
    if (action.kind() == ActionKind.SHARE_GUEST) {
      checkGuestPage(at, action, pkvm);
    }
    if (action.kind().keys().contains("gfn") && !pkvm.guest().containsKey(action.gfn())
        && action.kind() != ActionKind.UNSHARE_GUEST) {
      throw at.refused("gfn", "gfn = " + action.gfn() + "; the guest has no page there (see pkvm.guest)");
    }
  }

  /** The host's VMM lays the guest's memory out once: a gfn is shared with the page behind it. */
  private static void checkGuestPage(Section at, PkvmAction action, Pkvm pkvm) {
    Long page = pkvm.guest().get(action.gfn());
    if (page != null && page != action.page()) {
      throw at.refused("page", "share-guest of page " + action.page() + " at gfn " + action.gfn()
          + ", where the guest has page " + page + " (see pkvm.guest)");
    }
  }

  private static List<String> eras(ActionKind kind) {
    return switch (kind) {
      case HOST_LOAD, HOST_STORE, HOST_FETCH, SHARE_HYP, HYP_WRITE -> SystemUnderTest.PKVM.eras();
      case FFA_SHARE, FFA_RECLAIM, SHARE_GUEST, UNSHARE_GUEST, GUEST_LOAD, GUEST_STORE -> List.of("v6.12");
      default -> List.of("v6.2", "v6.12");
    };
  }
}
