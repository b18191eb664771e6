package io.stalemate.trace;

import io.stalemate.machine.Tracepoint;

/** A short trace made by hand, for tests that compare whole texts. */
final class SmallTrace {

  private SmallTrace() {}

  static Trace make() {
    Trace trace = new Trace();
    trace.tasks().add("vcpu0");
    trace.tasks().add("inval0");
    int freed = trace.text("stage-2 leaf maps a freed page");
    ObjectTable objects = trace.objects();
    int mmuLock = objects.add(ObjectKind.RWLOCK, "mmu_lock");
    int seq = objects.add(ObjectKind.WORD, "kvm->mmu_invalidate_seq");
    int pages = objects.addPage("page", 0x101, 1);
    int s2 = objects.addRow(ObjectKind.WORD, "s2", 4);
    int refcount = objects.add(ObjectKind.WORD, "page->_refcount", 0x101);
    int cpus = objects.addRow(ObjectKind.CPU, "cpu", 2);
    add(trace, Op.PAGE_ALLOC, Trace.BOOT, pages, 0x101, 0, 1, 1);
    add(trace, Op.TRACE, Trace.BOOT, Tracepoint.HOST_PTE.ordinal(), 0, 0, 0x101, 1);
    add(trace, Op.READ_ONCE, 0, seq, 4, 0, 0, 0);
    add(trace, Op.TRACE, 0, Tracepoint.FAULT_SEQ.ordinal(), 0x42, 4, 0, 0);
    add(trace, Op.WRITE_LOCK, 1, mmuLock, 0, 0, 0, 0);
    add(trace, Op.BLOCKED, 0, mmuLock, Op.READ_LOCK.ordinal(), 0, 0, 0);
    add(trace, Op.FETCH_ADD, 1, refcount, 2, 1, 0, 0);
    add(trace, Op.TLBI_IPA, 1, 0, 1, 0x42000, 3, 0);
    add(trace, Op.CMPXCHG, 0, s2 + 3, 0, 0x1014c3, 1, 0);
    add(trace, Op.CMPXCHG, 0, s2 + 3, 0x1014c3, 0x1014c3, 0, 0);
    add(trace, Op.TLB_FILL, 0, cpus + 1, 0x42, 0x101, 1, 1 | 1L << 16 | 3L << 32 | 3L << 40);
    add(trace, Op.WARN, 0, 0, freed, 0, 0, 0);
    add(trace, Op.SMP_RMB, 0, 0, 0, 0, 7, 0);
    add(trace, Op.TASK_END, 0, 0, 0, 0, 0, 0);
    return trace;
  }

  private static void add(Trace trace, Op op, int task, int object, long a, long b, long c, long d) {
    trace.append(op.ordinal(), task, object, a, b, c, d);
  }
}
