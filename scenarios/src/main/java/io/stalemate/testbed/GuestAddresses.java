package io.stalemate.testbed;

import io.stalemate.linux.Errno;
import io.stalemate.scenario.Emulation;
import io.stalemate.scenario.Memslot;
import io.stalemate.scenario.MmioGuardSetup;
import io.stalemate.scenario.Scenario;
import io.stalemate.sim.WorldFault;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * What the VMM of a scenario knows of its guest's address spaces: guest physical pages are memslots, ucalls, devices,
 * carve-outs and room; guest virtual ones are the identity map of all of those, and room above for what is placed
 * later.
 *
 * <p>A memslot at a gfn that the file chose may lie on anything: that is between its author and the kernel. But what it
 * lies on is taken as long as one of those who took it has not given it back.
 *
 * <p>A VMM's threads share one, under its monitor.
 */
final class GuestAddresses {

  /** Pages of a 39-bit virtual address space. */
  private static final long VIRTUAL_PAGES = 1L << (39 - 12);

  private final AddressAllocator physical;
  private final AddressAllocator virtual = new AddressAllocator(VIRTUAL_PAGES);
  // How many memslots, of the kernel or on their way to it, a page is taken for.
  private final SortedMap<Long, Integer> slotsOfPage = new TreeMap<>();
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
    emulation.bus().forEach(gfn -> keepOut(gfn, "the device at gfn " + gfn));
    if (scenario.vm().mmioGuard().gicv2() != MmioGuardSetup.NO_GICV2) {
      keepOut(scenario.vm().mmioGuard().gicv2(), "the GICv2");
    }
    for (Memslot slot : scenario.vm().memslots()) {
      take(slot.gfn(), slot.pages());
    }
    ucallGfn = emulation.ucall() == Emulation.ALLOCATE ? lowestFree() : emulation.ucall();
    if (ucallGfn != Emulation.NO_UCALL) {
      keepOut(ucallGfn, "ucall");
    }
    check(virtual.carveOut(0, gfns), "identity map");
    ucallVirtualPage = virtual.allocate(1, 1);
  }

  /** Carves out one page, which may belong to a larger carve-out of the file's. */
  private void keepOut(long gfn, String what) {
    int ret = physical.carveOut(gfn, 1);
    check(ret == -Errno.EEXIST ? 0 : ret, what);
  }

  private long lowestFree() {
    long gfn = physical.allocate(1, 1);
    check((int) Math.min(gfn, 0), "ucall");
    physical.free(gfn);
    return gfn;
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

  /** Takes a place for {@code pages} pages, of which nothing is taken; yields its first gfn, or {@code -ENOMEM}. */
  synchronized long allocate(long pages) {
    long gfn = physical.allocate(pages, Long.highestOneBit(pages) == pages ? pages : Long.highestOneBit(pages) << 1);
    if (gfn >= 0) {
      physical.free(gfn);
      take(gfn, pages);
    }
    return gfn;
  }

  /** Takes {@code pages} pages from {@code gfn} for a memslot, whatever else they are taken for. */
  synchronized void take(long gfn, long pages) {
    for (long page = gfn; page < gfn + pages; page++) {
      if (slotsOfPage.merge(page, 1, Integer::sum) == 1) {
        int ret = physical.reserve(page, 1);
        check(ret == -Errno.EEXIST ? 0 : ret, "a memslot at gfn " + page);
      }
    }
  }

  /** Gives back what {@link #take} or {@link #allocate} took. */
  synchronized void free(long gfn, long pages) {
    for (long page = gfn; page < gfn + pages; page++) {
      int slots = slotsOfPage.getOrDefault(page, 0);
      if (slots == 0) {
        throw new WorldFault("gfn " + page + " given back, which was not handed out");
      }
      slotsOfPage.put(page, slots - 1);
      if (slots == 1) {
        // -ENOENT: a carve-out is there as well, and stays.
        physical.free(page);
      }
    }
  }
}
