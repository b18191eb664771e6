package io.stalemate.testbed;

import io.stalemate.linux.Errno;
import io.stalemate.scenario.Emulation;
import io.stalemate.scenario.Memslot;
import io.stalemate.scenario.Scenario;
import io.stalemate.sim.WorldFault;

/**
 * What the VMM of a scenario knows of its guest's address spaces: guest physical pages are memslots, ucalls, carve-outs
 * and room; guest virtual ones are the identity map of all of those, and room above for what is placed later.
 */
final class GuestAddresses {

  /** Pages of a 39-bit virtual address space. */
  private static final long VIRTUAL_PAGES = 1L << (39 - 12);

  private final AddressAllocator physical;
  private final AddressAllocator virtual = new AddressAllocator(VIRTUAL_PAGES);
  private final long ucallGfn;
  private final long ucallVirtualPage;

  /** The addresses of {@code scenario}'s guest before any task runs. */
  GuestAddresses(Scenario scenario) {
    long gfns = scenario.vm().geometry().gfns();
    Emulation emulation = scenario.vm().emulation();
    physical = new AddressAllocator(gfns);
    for (Emulation.CarveOut carveOut : emulation.carveOuts()) {
      check(physical.carveOut(carveOut.gfn(), carveOut.pages()), "carve-out at gfn " + carveOut.gfn());
    }
    for (Memslot slot : scenario.vm().memslots()) {
      check(physical.reserve(slot.gfn(), slot.pages()), "memslot " + slot.id());
    }
    ucallGfn = emulation.ucall() == Emulation.ALLOCATE ? physical.allocate(1, 1) : emulation.ucall();
    check(ucallGfn == Emulation.NO_UCALL ? 0 : (int) Math.min(ucallGfn, 0), "ucall");
    check(virtual.carveOut(0, gfns), "identity map");
    ucallVirtualPage = virtual.allocate(1, 1);
  }

  private static void check(int ret, String what) {
    if (ret != 0) {
      throw new WorldFault("no room in the guest's address space for " + what + ": errno " + -ret);
    }
  }

  /** The page that a store leaves from as a ucall. */
  long ucallGfn() {
    return ucallGfn;
  }

  /** Where the guest has that page in its own address space. */
  long ucallVirtualPage() {
    return ucallVirtualPage;
  }

  /** Yields the first gfn of a place for {@code pages} pages, or {@code -ENOMEM}. */
  long allocate(long pages) {
    return physical.allocate(pages, Long.highestOneBit(pages) == pages ? pages : Long.highestOneBit(pages) << 1);
  }

  /** Gives a place back that {@link #allocate} yielded. */
  void free(long gfn) {
    if (physical.free(gfn) == -Errno.ENOENT) {
      throw new WorldFault("gfn " + gfn + " given back, which was not handed out");
    }
  }
}
