package io.stalemate.linux.mm;

import static org.assertj.core.api.Assertions.assertThat;

import io.stalemate.machine.Tracepoint;
import io.stalemate.oracle.Ending;
import io.stalemate.sim.DirectEngine;
import io.stalemate.sim.Role;
import io.stalemate.sim.SimMachine;
import io.stalemate.sim.World;
import io.stalemate.sim.WorldOptions;
import io.stalemate.strategy.Pct;
import io.stalemate.strategy.RandomWalk;
import io.stalemate.strategy.Strategy;
import io.stalemate.trace.Op;
import io.stalemate.trace.Trace;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** An address space, of eight pages unless said otherwise, in a world of its own; what must hold at the end of it. */
public final class HostVm {

  public static final int PAGES = 8;

  public final World world = DirectEngine.world();
  public final SimMachine m = world.machine();
  public final MmStruct mm;
  public final Mmap mmap;
  public final Gup gup;
  public final MemoryFault fault;
  public final Shmem shmem;
  public final Vmscan vmscan;
  public final Migrate migrate;
  public final Ksm ksm;

  /** With two huge pages of two frames; {@code failures} are allocations that fail. */
  public HostVm(WorldOptions.AllocationFailure... failures) {
    this(PAGES, failures);
  }

  /** With room for {@code pages} pages. */
  public HostVm(int pages, WorldOptions.AllocationFailure... failures) {
    world.begin(new WorldOptions(2, false, List.of(failures)));
    mm = new MmStruct(new MemMap(m, 1, 2), new MmuNotifierSubscriptions(m), pages);
    mmap = new Mmap(mm);
    gup = new Gup(mm);
    fault = new MemoryFault(mm);
    shmem = new Shmem(mm);
    vmscan = new Vmscan(mm);
    migrate = new Migrate(mm);
    ksm = new Ksm(mm);
  }

  /** Adds a host task. */
  public void task(String name, Runnable body) {
    world.addTask(name, Role.HOST_MM, body);
  }

  /** Runs all tasks to their end, under a random walk for even seeds and PCT for odd ones. */
  public void run(long seed) {
    Strategy strategy = seed % 2 == 0 ? new RandomWalk() : new Pct(3, 200, false);
    assertThat(world.run(strategy, seed, 20_000)).as("seed %d", seed).isEqualTo(Ending.QUIESCENT);
  }

  /** The data token of the page mapped at {@code hva}, which must be present. */
  public long token(long hva) {
    long pte = mm.pte(hva).readOnce();
    assertThat(Pte.isPresent(pte)).isTrue();
    return m.pages().words(Pte.pfn(pte)).at(0).readOnce();
  }

  /** Stores a data token in the page mapped at {@code hva}, faulting it in for writing. */
  public void store(long hva, long token) {
    assertThat(fault.doPageFault(hva, true)).isZero();
    m.pages().words(Pte.pfn(mm.pte(hva).readOnce())).at(0).writeOnce(token);
  }

  /** How often a tracepoint was passed. */
  public int count(Tracepoint point) {
    return of(point).size();
  }

  /** The events of a tracepoint as "a,b,c,d". */
  public List<String> of(Tracepoint point) {
    Trace trace = world.trace();
    List<String> events = new ArrayList<>();
    for (int i = 0; i < trace.size(); i++) {
      if (trace.op(i) == Op.TRACE && trace.point(i) == point) {
        events.add(trace.a(i) + "," + trace.b(i) + "," + trace.c(i) + "," + trace.d(i));
      }
    }
    return events;
  }

  /** What warned. */
  public List<String> warnings() {
    Trace trace = world.trace();
    List<String> texts = new ArrayList<>();
    for (int i = 0; i < trace.size(); i++) {
      if (trace.op(i) == Op.WARN) {
        texts.add(trace.textAt((int) trace.a(i)));
      }
    }
    return texts;
  }

  /** No warning, and every page has exactly the references its mapping and the caches account for. */
  public void assertAccountsBalance(long seed) {
    assertThat(warnings()).as("seed %d", seed).isEmpty();
    Map<Long, Long> counted = new TreeMap<>();
    Trace trace = world.trace();
    for (int i = 0; i < trace.size(); i++) {
      if (trace.op(i) == Op.TRACE && trace.point(i) == Tracepoint.PAGE_REF) {
        counted.put(trace.a(i), trace.b(i));
      }
    }
    counted.values().removeIf(count -> count == 0);
    Map<Long, Long> expected = new TreeMap<>();
    for (long hva = 0; hva < PAGES; hva++) {
      long pte = mm.pte(hva).readOnce();
      if (Pte.isPresent(pte) && mm.memMap.pfnToPage(Pte.pfn(pte)).headPfn() == Pte.pfn(pte)) {
        expected.merge(Pte.pfn(pte), 1L, Long::sum);
      }
      addCached(expected, mm.swap.cache(hva).readOnce());
      addCached(expected, mm.pageCache.at((int) hva).readOnce());
    }
    assertThat(counted).as("references, seed %d", seed).isEqualTo(expected);
  }

  private static void addCached(Map<Long, Long> expected, long pfn) {
    if (pfn != 0) {
      expected.merge(pfn, 1L, Long::sum);
    }
  }
}
