package io.stalemate.trace;

import static org.assertj.core.api.Assertions.assertThat;

import io.stalemate.strategy.Seeded;
import java.util.Arrays;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

final class TraceHashTest {

  private static final int FIELDS = 7;
  private static final int OPS = Op.values().length;

  /** {@code events} rows of opcode, task, object, a, b, c, d. */
  private static long[][] draw(Seeded seeded, int events) {
    long[][] rows = new long[events][FIELDS];
    for (long[] row : rows) {
      row[0] = seeded.below(OPS);
      row[1] = seeded.below(4);
      row[2] = seeded.below(50);
      for (int field = 3; field < FIELDS; field++) {
        row[field] = seeded.below(2) == 0 ? seeded.below(4) : seeded.nextLong();
      }
    }
    return rows;
  }

  private static Trace trace(long[][] rows, String... tasks) {
    Trace trace = new Trace();
    for (String task : tasks) {
      trace.tasks().add(task);
    }
    for (long[] row : rows) {
      trace.append((int) row[0], (int) row[1], (int) row[2], row[3], row[4], row[5], row[6]);
    }
    return trace;
  }

  @Test
  void changesWithAnyFieldOfAnyEvent() {
    Seeded seeded = new Seeded(11);
    for (int round = 0; round < 2_000; round++) {
      long[][] rows = draw(seeded, 1 + seeded.below(40));
      long hash = trace(rows, "t").hash();
      long[] row = rows[seeded.below(rows.length)];
      int field = seeded.below(FIELDS);
      long before = row[field];
      row[field] = switch (field) {
        case 0 -> (before + 1 + seeded.below(OPS - 1)) % OPS;
        case 1 -> before ^ 1 + seeded.below(30);
        case 2 -> before ^ 1L << seeded.below(20);
        default -> before ^ 1L << seeded.below(64);
      };
      assertThat(trace(rows, "t").hash()).as("field %d", field).isNotEqualTo(hash);
      row[field] = before;
      assertThat(trace(rows, "t").hash()).isEqualTo(hash);
    }
  }

  @Test
  void changesWhenEventsSwapGoOrCome() {
    Seeded seeded = new Seeded(12);
    for (int round = 0; round < 500; round++) {
      long[][] rows = draw(seeded, 10);
      Set<Long> hashes = new TreeSet<>();
      hashes.add(trace(rows, "t").hash());
      hashes.add(trace(Arrays.copyOf(rows, 9), "t").hash());
      long[] first = rows[0];
      rows[0] = rows[9];
      rows[9] = first;
      hashes.add(trace(rows, "t").hash());
      assertThat(hashes).hasSize(3);
    }
  }

  @Test
  void changesWithTheTasksAndTheNumberOfObjects() {
    long[][] rows = draw(new Seeded(13), 5);
    Trace more = trace(rows, "vcpu0");
    more.objects().add(ObjectKind.WORD, "seq");
    assertThat(new TreeSet<>(Set.of(trace(rows, "vcpu0").hash(), trace(rows, "vcpu1").hash(), trace(rows).hash(),
        trace(rows, "vcpu0", "x").hash(), more.hash()))).hasSize(5);
  }

  @Test
  void isTheSameForATraceThatWasClearedAndFilledAgain() {
    long[][] rows = draw(new Seeded(14), 2_000);
    Trace trace = trace(rows, "t");
    long hash = trace.hash();
    trace.clear();
    trace.tasks().add("t");
    for (long[] row : rows) {
      trace.append((int) row[0], (int) row[1], (int) row[2], row[3], row[4], row[5], row[6]);
    }
    assertThat(trace.hash()).isEqualTo(hash);
  }
}
