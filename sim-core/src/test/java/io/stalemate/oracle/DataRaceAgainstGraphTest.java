package io.stalemate.oracle;

import static org.assertj.core.api.Assertions.assertThat;

import io.stalemate.trace.ObjectKind;
import io.stalemate.trace.Op;
import io.stalemate.trace.Trace;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** The data-race oracle against the definition: all edges of happens-before, and their closure, on small traces. */
class DataRaceAgainstGraphTest {

  private static final int TASKS = 3;
  private static final int WORDS = 3;
  private static final int SPIN = WORDS + 1;
  private static final int RW = WORDS + 2;
  private static final int SRCU = WORDS + 3;
  private static final Op[] ACCESSES = {
    Op.READ, Op.READ, Op.WRITE, Op.READ_ONCE, Op.WRITE_ONCE, Op.LOAD_ACQUIRE, Op.STORE_RELEASE, Op.CMPXCHG, Op.FETCH_ADD
  };
  private static final Op[] FENCES = {Op.SMP_RMB, Op.SMP_WMB, Op.SMP_MB};

  /** Which locks a task holds while a trace is drawn: a bit for each object. */
  private final int[] held = new int[TASKS];

  @Test
  void findsTheFirstRaceAndNoOther() {
    Random random = new Random(7);
    DataRace oracle = new DataRace();
    int racy = 0;
    int rounds = 20_000;
    for (int round = 0; round < rounds; round++) {
      Trace trace = draw(random, 4 + random.nextInt(24));
      List<Finding> found = new ArrayList<>();
      oracle.begin(trace, found::add);
      for (int event = 0; event < trace.size(); event++) {
        if (oracle.watches().contains(trace.op(event))) {
          oracle.on(event);
        }
      }
      boolean[][] before = closure(trace);
      Optional<Integer> first = firstRacing(trace, before);
      if (first.isEmpty()) {
        assertThat(found).as(say(trace)).isEmpty();
      } else {
        racy++;
        assertThat(found).as(say(trace)).hasSize(1);
        int later = found.get(0).evidence().get(0).event();
        int earlier = found.get(0).evidence().get(1).event();
        assertThat(later).as(say(trace)).isEqualTo(first.get());
        assertThat(races(trace, before, earlier, later)).as(say(trace)).isTrue();
      }
    }
    assertThat(racy).isBetween(rounds / 5, rounds * 4 / 5);
  }

  private Trace draw(Random random, int size) {
    Trace trace = new Trace();
    for (int word = 0; word < WORDS; word++) {
      trace.objects().add(ObjectKind.WORD, "w" + word);
    }
    trace.objects().add(ObjectKind.SPINLOCK, "spin");
    trace.objects().add(ObjectKind.RWLOCK, "rw");
    trace.objects().add(ObjectKind.SRCU, "srcu");
    Arrays.fill(held, 0);
    int sync = random.nextInt(4);
    while (trace.size() < size) {
      int task = random.nextInt(TASKS);
      int kind = random.nextInt(8);
      if (kind < 4) {
        int word = 1 + random.nextInt(WORDS);
        Op op = ACCESSES[random.nextInt(ACCESSES.length)];
        // The first word is for plain data, the others carry synchronisation: races are neither rare nor certain.
        if (word == 1 && random.nextInt(4) > 0) {
          op = random.nextBoolean() ? Op.READ : Op.WRITE;
        } else if (word > 1 && (op == Op.READ || op == Op.WRITE)) {
          continue;
        }
        trace.append(op.ordinal(), task, word, 0, 0, op == Op.CMPXCHG ? random.nextInt(2) : 0, 0);
      } else if (kind < 5) {
        trace.append(FENCES[random.nextInt(FENCES.length)].ordinal(), task, 0, 0, 0, 0, 0);
      } else if (sync > 0) {
        locks(random, trace, task);
      }
    }
    return trace;
  }

  private void locks(Random random, Trace trace, int task) {
    int object = SPIN + random.nextInt(3);
    boolean mine = (held[task] >>> object & 1) != 0;
    boolean writes = (held[task] >>> object + 8 & 1) != 0;
    boolean taken = false;
    boolean written = false;
    for (int other = 0; other < TASKS; other++) {
      taken |= (held[other] >>> object & 1) != 0;
      written |= (held[other] >>> object + 8 & 1) != 0;
    }
    Op op;
    if (object == SPIN) {
      op = mine ? Op.SPIN_UNLOCK : taken ? Op.SMP_RMB : Op.SPIN_LOCK;
    } else if (object == RW) {
      if (mine) {
        op = writes ? Op.WRITE_UNLOCK : Op.READ_UNLOCK;
      } else {
        op = written ? Op.SMP_WMB : taken || random.nextBoolean() ? Op.READ_LOCK : Op.WRITE_LOCK;
      }
    } else if (mine) {
      op = Op.SRCU_READ_UNLOCK;
    } else {
      op = random.nextBoolean() ? Op.SRCU_READ_LOCK : taken ? Op.SRCU_GP_START : Op.SRCU_GP_END;
    }
    if (Acquire.holds(op)) {
      held[task] |= 1 << object | (op == Op.WRITE_LOCK ? 1 << object + 8 : 0);
    } else if (Acquire.releases(op)) {
      held[task] &= ~(1 << object | 1 << object + 8);
    }
    trace.append(op.ordinal(), task, op == Op.SMP_RMB || op == Op.SMP_WMB ? 0 : object, 0, 0, 0, 0);
  }

  private static boolean[][] closure(Trace trace) {
    int size = trace.size();
    boolean[][] before = new boolean[size][size];
    for (int i = 0; i < size; i++) {
      for (int j = i + 1; j < size; j++) {
        before[i][j] = trace.task(i) == trace.task(j) || lockEdge(trace, i, j);
      }
      if (isLoad(trace, i)) {
        wordEdge(trace, i, before);
      }
    }
    for (int k = 0; k < size; k++) {
      for (int i = 0; i < size; i++) {
        for (int j = 0; j < size && before[i][k]; j++) {
          before[i][j] |= before[k][j];
        }
      }
    }
    return before;
  }

  private static boolean lockEdge(Trace trace, int i, int j) {
    if (trace.object(i) != trace.object(j) || trace.object(i) < SPIN) {
      return false;
    }
    Op left = trace.op(i);
    Op right = trace.op(j);
    return switch (left) {
      case SPIN_UNLOCK -> right == Op.SPIN_LOCK;
      case READ_UNLOCK -> right == Op.WRITE_LOCK;
      case WRITE_UNLOCK -> right == Op.WRITE_LOCK || right == Op.READ_LOCK;
      case SRCU_READ_UNLOCK -> right == Op.SRCU_GP_END;
      case SRCU_GP_START -> right == Op.SRCU_READ_LOCK || right == Op.SRCU_GP_END;
      default -> false;
    };
  }

  /** From the release before the store that {@code load} reads, or the fence before it, to the acquire side. */
  private static void wordEdge(Trace trace, int load, boolean[][] before) {
    int store = load - 1;
    while (store >= 0 && !(trace.object(store) == trace.object(load) && isStore(trace, store))) {
      store--;
    }
    if (store < 0) {
      return;
    }
    boolean byRelease = trace.op(store) == Op.STORE_RELEASE || isRmw(trace, store);
    int from = store;
    while (!byRelease && from >= 0 && !(trace.task(from) == trace.task(store) && from != store
        && (trace.op(from) == Op.SMP_WMB || trace.op(from) == Op.SMP_MB || isRmw(trace, from)))) {
      from--;
    }
    int to = load;
    boolean acquires = trace.op(load) == Op.LOAD_ACQUIRE || isRmw(trace, load)
        || byRelease && inSection(trace, load);
    while (!acquires && to < trace.size() && !(trace.task(to) == trace.task(load) && to != load
        && (trace.op(to) == Op.SMP_RMB || trace.op(to) == Op.SMP_MB || isRmw(trace, to)))) {
      to++;
    }
    if (from >= 0 && to < trace.size() && from < to) {
      before[from][to] = true;
    }
  }

  private static boolean inSection(Trace trace, int event) {
    int depth = 0;
    for (int i = 0; i < event; i++) {
      if (trace.task(i) == trace.task(event)) {
        depth += trace.op(i) == Op.SRCU_READ_LOCK ? 1 : trace.op(i) == Op.SRCU_READ_UNLOCK ? -1 : 0;
      }
    }
    return depth > 0;
  }

  private static boolean isRmw(Trace trace, int event) {
    return trace.op(event) == Op.FETCH_ADD || trace.op(event) == Op.CMPXCHG && trace.c(event) == 1;
  }

  private static boolean isLoad(Trace trace, int event) {
    Op op = trace.op(event);
    return op == Op.READ_ONCE || op == Op.LOAD_ACQUIRE || op == Op.CMPXCHG || op == Op.FETCH_ADD;
  }

  private static boolean isStore(Trace trace, int event) {
    Op op = trace.op(event);
    return op == Op.WRITE || op == Op.WRITE_ONCE || op == Op.STORE_RELEASE || isRmw(trace, event);
  }

  private static Optional<Integer> firstRacing(Trace trace, boolean[][] before) {
    for (int later = 0; later < trace.size(); later++) {
      for (int earlier = 0; earlier < later; earlier++) {
        if (races(trace, before, earlier, later)) {
          return Optional.of(later);
        }
      }
    }
    return Optional.empty();
  }

  private static boolean races(Trace trace, boolean[][] before, int earlier, int later) {
    if (trace.object(earlier) != trace.object(later) || trace.object(earlier) == 0 || before[earlier][later]) {
      return false;
    }
    boolean loadOne = trace.op(earlier) == Op.READ;
    boolean loadTwo = trace.op(later) == Op.READ;
    boolean plainStores = trace.op(earlier) == Op.WRITE && trace.op(later) == Op.WRITE;
    return plainStores || loadOne && isStore(trace, later) || loadTwo && isStore(trace, earlier);
  }

  private static String say(Trace trace) {
    StringBuilder text = new StringBuilder();
    for (int event = 0; event < trace.size(); event++) {
      text.append(event).append(": task ").append(trace.task(event)).append(' ').append(trace.op(event)).append(" of ")
          .append(trace.object(event)).append(trace.op(event) == Op.CMPXCHG ? " " + trace.c(event) : "").append('\n');
    }
    return text.toString();
  }
}
