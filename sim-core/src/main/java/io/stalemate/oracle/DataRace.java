package io.stalemate.oracle;

import io.stalemate.trace.Op;
import io.stalemate.trace.Trace;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/**
 * Two accesses to one word, one a store, that nothing orders and that are not both marked: what KCSAN reports. As with
 * its default {@code CONFIG_KCSAN_ASSUME_PLAIN_WRITES_ATOMIC}, a plain store that races with marked accesses only is
 * let pass; two plain stores are reported all the same, since neither says that the other is expected.
 *
 * <p>Happens-before: program order from boot on; locks; SRCU and RCU grace periods; release to acquire;
 * {@code smp_wmb()} or stronger before a store to {@code smp_rmb()} or stronger after a marked load of it; fully
 * ordered read-modify-writes; wake-ups, completions, interrupts. Where the LKMM orders by address dependency
 * ({@code rcu_dereference()}), which a trace does not show, a marked load inside a read section counts as an acquire of
 * what a release store published. Grace periods order all readers that ended before they did.
 *
 * <p>The guest's accesses and the hardware's walks are no accesses of the kernel, and are not looked at.
 */
final class DataRace extends Watch {

  private static final String RULE =
      "conflicting accesses are ordered, or both are marked (READ_ONCE, WRITE_ONCE, ...)";

  private static final int READ = Op.READ.ordinal();
  private static final int WRITE = Op.WRITE.ordinal();
  private static final int READ_ONCE = Op.READ_ONCE.ordinal();

  // Cells of an object: which run they are of, and what is said below.
  private static final int CELL_BITS = 3;
  private static final int CELLS = 1 << CELL_BITS;
  private static final int RUN = 0;
  // Words: the last plain store; the plain loads, the marked stores: the last if it knows all others, else ~row of all.
  private static final int PLAIN_STORE = 1;
  private static final int PLAIN_LOADS = 2;
  private static final int MARKED_STORES = 3;
  // Words: what a load that reads the last store learns, by release or by an acquire or fence after it.
  private static final int RELEASED = 4;
  private static final int BY_RELEASE = 5;
  // Locks, domains, completions, CPUs: what whoever takes it learns; what only writers learn.
  private static final int LEFT = 4;
  private static final int READERS_LEFT = 5;

  private static final int TASK_BITS = 6;
  private static final int TASK_MASK = (1 << TASK_BITS) - 1;

  private final VectorClocks clocks = new VectorClocks();
  private int[] cells = new int[1024 * CELLS];
  private int run;
  // By task: what its stores carry since a fence; what a fence of its would learn; read sections; pending wake-ups.
  private final int[] fence = new int[TASKS_MAX];
  private final int[] toLearn = new int[TASKS_MAX];
  private final int[] sections = new int[TASKS_MAX];
  private final int[] woken = new int[TASKS_MAX];

  DataRace() {
    super("data-race", "conflicting accesses, not both marked, that nothing orders", watched(), Set.of());
  }

  private static Set<Op> watched() {
    Set<Op> ops = EnumSet.range(Op.READ, Op.WAIT_COMPLETION);
    ops.removeAll(EnumSet.of(Op.WRITE_LOCK_QUEUED, Op.LOCK_NEEDBREAK, Op.DOWN_WRITE_QUEUED, Op.WAIT_FINISH));
    ops.addAll(EnumSet.of(Op.DSB_ISHST, Op.DSB, Op.IPI_SEND, Op.IPI_WAIT, Op.IPI_TAKE, Op.PAGE_ALLOC));
    return ops;
  }

  @Override
  void reset() {
    clocks.clear();
    run++;
    Arrays.fill(fence, VectorClocks.NONE);
    Arrays.fill(toLearn, VectorClocks.NONE);
    Arrays.fill(sections, 0);
    Arrays.fill(woken, VectorClocks.NONE);
  }

  @Override
  public void on(int event) {
    Trace trace = trace();
    int task = trace.task(event);
    if (task == Trace.BOOT) {
      // Before everything.
      return;
    }
    if (task >= clocks.tasks()) {
      clocks.seen(task);
    }
    int at = cells(trace.object(event));
    int opcode = trace.opcode(event);
    // The most frequent ones need no look at the table behind the switch.
    if (opcode == READ_ONCE) {
      markedLoad(task, at);
    } else if (opcode == READ) {
      plainLoad(event, task, at);
    } else if (opcode == WRITE) {
      plainStore(event, task, at);
    } else {
      others(event, task, at);
    }
  }

  private void others(int event, int task, int at) {
    Trace trace = trace();
    switch (trace.op(event)) {
      case LOAD_ACQUIRE -> clocks.learn(task, cells[at + RELEASED]);
      case WRITE_ONCE -> {
        markedStore(event, task, at);
        publish(at, fence[task], 0);
      }
      case STORE_RELEASE -> {
        markedStore(event, task, at);
        publish(at, clocks.snapshot(task, event + 1), 1);
      }
      case CMPXCHG -> {
        if (trace.c(event) == 1) {
          readModifyWrite(event, task, at);
        } else {
          markedLoad(task, at);
        }
      }
      case XCHG, FETCH_ADD, FETCH_OR, FETCH_AND -> readModifyWrite(event, task, at);
      case SMP_RMB -> fenceLoads(task);
      case SMP_WMB, DSB_ISHST -> fence[task] = clocks.snapshot(task, event + 1);
      case SMP_MB, DSB, SET_STATE, WAIT_PREPARE -> fullFence(event, task);
      case SPIN_TRYLOCK, MUTEX_TRYLOCK, DOWN_READ_TRYLOCK -> {
        if (trace.a(event) == 1) {
          clocks.learn(task, cells[at + LEFT]);
        }
      }
      case SPIN_LOCK, MUTEX_LOCK, READ_LOCK, DOWN_READ, WAIT_COMPLETION -> clocks.learn(task, cells[at + LEFT]);
      case WRITE_LOCK, DOWN_WRITE, SRCU_GP_END, RCU_GP_END, RCU_CALLBACK -> learnAll(task, at);
      case SPIN_UNLOCK, MUTEX_UNLOCK, WRITE_UNLOCK, UP_WRITE -> cells[at + LEFT] = clocks.snapshot(task, event + 1);
      case READ_UNLOCK, UP_READ -> leaveAsReader(event, task, at);
      case SRCU_READ_LOCK, RCU_READ_LOCK -> {
        sections[task]++;
        clocks.learn(task, cells[at + LEFT]);
      }
      case SRCU_READ_UNLOCK, RCU_READ_UNLOCK -> {
        sections[task]--;
        leaveAsReader(event, task, at);
      }
      case SRCU_GP_START, RCU_GP_START, RCU_CALL, COMPLETE, IPI_SEND ->
          cells[at + LEFT] = clocks.merged(cells[at + LEFT], clocks.snapshot(task, event + 1));
      case IPI_TAKE -> {
        clocks.learn(task, cells[at + LEFT]);
        leaveAsReader(event, task, at);
      }
      case IPI_WAIT -> clocks.learn(task, cells[at + READERS_LEFT]);
      case SCHEDULE -> {
        clocks.learn(task, woken[task]);
        woken[task] = VectorClocks.NONE;
      }
      case WAKE_UP -> wakeUp(event, task);
      case PAGE_ALLOC -> forget(trace.object(event), trace.c(event));
      default -> {}
    }
  }

  /** Yields the index of the cells of an object, cleared if they are of an earlier run. */
  private int cells(int object) {
    int at = object << CELL_BITS;
    if (at >= cells.length) {
      cells = Arrays.copyOf(cells, Math.max(at + CELLS, cells.length * 2));
    }
    int[] mine = cells;
    if (mine[at + RUN] != run) {
      mine[at + RUN] = run;
      mine[at + PLAIN_STORE] = 0;
      mine[at + PLAIN_LOADS] = 0;
      mine[at + MARKED_STORES] = 0;
      mine[at + RELEASED] = 0;
      mine[at + BY_RELEASE] = 0;
    }
    return at;
  }

  private void plainLoad(int event, int task, int at) {
    int store = cells[at + PLAIN_STORE];
    if (store != 0 && !knows(task, store)) {
      race(event, timeOf(store));
    }
    check(event, task, cells[at + MARKED_STORES]);
    cells[at + PLAIN_LOADS] = among(cells[at + PLAIN_LOADS], event, task);
  }

  private void plainStore(int event, int task, int at) {
    int store = cells[at + PLAIN_STORE];
    if (store != 0 && !knows(task, store)) {
      race(event, timeOf(store));
    }
    check(event, task, cells[at + PLAIN_LOADS]);
    cells[at + PLAIN_STORE] = epoch(event, task);
    // Plain stores count as atomic: what a fence ordered before them goes along.
    publish(at, fence[task], 0);
  }

  private void markedStore(int event, int task, int at) {
    check(event, task, cells[at + PLAIN_LOADS]);
    cells[at + MARKED_STORES] = among(cells[at + MARKED_STORES], event, task);
  }

  private void markedLoad(int task, int at) {
    int released = cells[at + RELEASED];
    if (released != VectorClocks.NONE && !clocks.knowsAll(task, released)) {
      if (cells[at + BY_RELEASE] != 0 && sections[task] > 0) {
        clocks.learn(task, released);
      } else {
        toLearn[task] = clocks.merged(toLearn[task], released);
      }
    }
  }

  private void readModifyWrite(int event, int task, int at) {
    // A full fence before, the access, a full fence after: the store part is checked with all that is learned.
    fenceLoads(task);
    clocks.learn(task, cells[at + RELEASED]);
    markedStore(event, task, at);
    fence[task] = clocks.snapshot(task, event + 1);
    // It also goes on with the release sequence it read from, whose knowledge it has by now.
    publish(at, fence[task], 1);
  }

  private void publish(int at, int row, int byRelease) {
    cells[at + RELEASED] = row;
    cells[at + BY_RELEASE] = byRelease;
  }

  private void fenceLoads(int task) {
    clocks.learn(task, toLearn[task]);
    toLearn[task] = VectorClocks.NONE;
  }

  private void fullFence(int event, int task) {
    fenceLoads(task);
    fence[task] = clocks.snapshot(task, event + 1);
  }

  private void learnAll(int task, int at) {
    clocks.learn(task, cells[at + LEFT]);
    clocks.learn(task, cells[at + READERS_LEFT]);
  }

  private void leaveAsReader(int event, int task, int at) {
    cells[at + READERS_LEFT] = clocks.merged(cells[at + READERS_LEFT], clocks.snapshot(task, event + 1));
  }

  private void wakeUp(int event, int task) {
    fullFence(event, task);
    for (long rest = trace().a(event); rest != 0; rest &= rest - 1) {
      int sleeper = Long.numberOfTrailingZeros(rest);
      clocks.seen(sleeper);
      woken[sleeper] = clocks.merged(woken[sleeper], fence[task]);
    }
  }

  /** A frame's words begin a new life: the allocator orders it after the former one. */
  private void forget(int first, long words) {
    for (int object = first; object < first + words; object++) {
      int at = cells(object);
      Arrays.fill(cells, at + 1, at + CELLS, 0);
    }
  }

  private static int epoch(int event, int task) {
    return ((event + 1) << TASK_BITS) | task;
  }

  private static int timeOf(int epoch) {
    return epoch >>> TASK_BITS;
  }

  private boolean knows(int task, int epoch) {
    return clocks.knows(task, epoch & TASK_MASK, timeOf(epoch));
  }

  /** Yields {@code accesses} with one more: an epoch while the last access knows all before it, else a row of all. */
  private int among(int accesses, int event, int task) {
    if (accesses >= 0 && (accesses == 0 || knows(task, accesses))) {
      return epoch(event, task);
    }
    int row;
    if (accesses > 0) {
      row = clocks.with(VectorClocks.NONE, accesses & TASK_MASK, timeOf(accesses));
    } else {
      row = ~accesses;
    }
    return ~clocks.with(row, task, event + 1);
  }

  private void check(int event, int task, int accesses) {
    if (accesses > 0) {
      if (!knows(task, accesses)) {
        race(event, timeOf(accesses));
      }
    } else if (accesses < 0) {
      for (int other = 0; other < clocks.tasks(); other++) {
        int time = clocks.time(~accesses, other);
        if (time != 0 && !clocks.knows(task, other, time)) {
          race(event, time);
          return;
        }
      }
    }
  }

  private void race(int event, int otherTime) {
    if (done()) {
      return;
    }
    Trace trace = trace();
    int other = otherTime - 1;
    String name = trace.objects().name(trace.object(event));
    report(Severity.RULE, "data race on " + name + ": " + say(other) + " and " + say(event), RULE,
        List.of(new Evidence(event, say(event) + " of " + name), new Evidence(other, say(other) + " of " + name)),
        List.of("value: " + hex(value(other)) + " and " + hex(value(event))));
  }

  private long value(int event) {
    return switch (trace().op(event)) {
      case CMPXCHG, XCHG, FETCH_ADD, FETCH_OR, FETCH_AND -> trace().b(event);
      default -> trace().a(event);
    };
  }

  private String say(int event) {
    return switch (trace().op(event)) {
      case READ -> "plain load";
      case WRITE -> "plain store";
      case WRITE_ONCE -> "WRITE_ONCE";
      case STORE_RELEASE -> "store-release";
      default -> "atomic " + trace().op(event).name().toLowerCase(Locale.ROOT);
    };
  }

  @Override
  public void end(Ending ending) {}
}
