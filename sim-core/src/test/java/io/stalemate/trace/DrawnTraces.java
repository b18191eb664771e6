package io.stalemate.trace;

import static org.assertj.core.api.Assertions.assertThat;

import io.stalemate.machine.Tracepoint;
import java.util.List;
import java.util.SplittableRandom;

/** Traces drawn from a seed, with every operation and arguments of every size, and what makes two traces equal. */
final class DrawnTraces {

  private static final List<String> NAMES =
      List.of("mmu_lock", "kvm->srcu", "host_pte", "page->_refcount", "x", "x[3]", "memslots[0]", "odd name #1=\"\\\n");
  private static final long[] VALUES = {0, 0, 0, 1, -1, 2, 255, 256, -256, 4096, Long.MAX_VALUE, Long.MIN_VALUE};

  private DrawnTraces() {}

  /** Yields a trace of {@code events} events. */
  static Trace draw(long seed, int events) {
    SplittableRandom random = new SplittableRandom(seed);
    Trace trace = new Trace();
    trace.tasks().addAll(List.of("vcpu0", "vcpu1", "inval0", "a task"));
    for (int i = random.nextInt(4); i > 0; i--) {
      trace.text("text " + i + " says \"so\"\u001b[31m");
    }
    ObjectTable objects = trace.objects();
    for (int i = random.nextInt(30); i > 0; i--) {
      ObjectKind kind = ObjectKind.values()[random.nextInt(ObjectKind.values().length)];
      String name = NAMES.get(random.nextInt(NAMES.size()));
      switch (random.nextInt(4)) {
        case 0 -> objects.add(kind, name);
        case 1 -> objects.add(kind, name, random.nextInt(-3, 5));
        case 2 -> objects.addRow(kind, name, random.nextInt(6));
        default -> objects.addPage(name, 0x100 + random.nextInt(3), random.nextInt(6));
      }
    }
    for (int i = 0; i < events; i++) {
      Op op = Op.values()[random.nextInt(Op.values().length)];
      int task = random.nextInt(8) == 0 ? Trace.BOOT : random.nextInt(4);
      int object = random.nextInt(op == Op.TRACE ? Tracepoint.values().length : objects.size());
      trace.append(op.ordinal(), task, object, value(random), value(random), value(random), value(random));
    }
    return trace;
  }

  private static long value(SplittableRandom random) {
    return random.nextInt(8) == 0 ? random.nextLong() : VALUES[random.nextInt(VALUES.length)];
  }

  /** Asserts that nothing can be asked of the traces that they answer differently. */
  static void assertEqual(Trace actual, Trace expected) {
    assertThat(actual.tasks()).isEqualTo(expected.tasks());
    assertThat(actual.objects().size()).isEqualTo(expected.objects().size());
    for (int id = 0; id < expected.objects().size(); id++) {
      assertThat(actual.objects().kind(id)).isEqualTo(expected.objects().kind(id));
      assertThat(actual.objects().name(id)).isEqualTo(expected.objects().name(id));
      assertThat(actual.objects().baseName(id)).isEqualTo(expected.objects().baseName(id));
      assertThat(actual.objects().index(id)).isEqualTo(expected.objects().index(id));
    }
    assertThat(actual.texts()).isEqualTo(expected.texts());
    for (int i = 0; i < expected.texts(); i++) {
      assertThat(actual.textAt(i)).isEqualTo(expected.textAt(i));
    }
    assertThat(actual.size()).isEqualTo(expected.size());
    for (int event = 0; event < expected.size(); event++) {
      assertThat(actual.opcode(event)).isEqualTo(expected.opcode(event));
      assertThat(actual.task(event)).isEqualTo(expected.task(event));
      assertThat(actual.object(event)).isEqualTo(expected.object(event));
      assertThat(new long[] {actual.a(event), actual.b(event), actual.c(event), actual.d(event)})
          .isEqualTo(new long[] {expected.a(event), expected.b(event), expected.c(event), expected.d(event)});
    }
    assertThat(actual.hash()).isEqualTo(expected.hash());
  }
}
