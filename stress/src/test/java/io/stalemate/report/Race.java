package io.stalemate.report;

import io.stalemate.machine.Tracepoint;
import io.stalemate.oracle.Evidence;
import io.stalemate.oracle.Finding;
import io.stalemate.oracle.Severity;
import io.stalemate.strategy.Schedule;
import io.stalemate.trace.ObjectKind;
import io.stalemate.trace.ObjectTable;
import io.stalemate.trace.Op;
import io.stalemate.trace.Trace;
import java.util.Arrays;
import java.util.List;

/** A race made by hand: a fault samples the sequence after it has looked up the frame, which is freed in between. */
final class Race {

  private static final int VCPU = 0;
  private static final int INVAL = 2;

  final Trace trace = new Trace();
  private final int mmuLock;
  private final int seq;
  private final int inProgress;
  private final int srcu;
  private final int table;
  private final int page;
  private final int hostPte;
  private int map;
  private int zap;
  private int free;

  Race() {
    trace.tasks().addAll(List.of("vcpu0", "vcpu1", "inval0"));
    ObjectTable objects = trace.objects();
    mmuLock = objects.add(ObjectKind.RWLOCK, "mmu_lock");
    seq = objects.add(ObjectKind.WORD, "kvm->mmu_invalidate_seq");
    inProgress = objects.add(ObjectKind.WORD, "kvm->mmu_invalidate_in_progress");
    srcu = objects.add(ObjectKind.SRCU, "kvm->srcu");
    table = objects.addPage("table", 0x200, 4);
    page = objects.addPage("page", 0x9a1, 1);
    hostPte = objects.addRow(ObjectKind.WORD, "host_pte", 128);
    boot();
    point(INVAL, Tracepoint.NOTIFIER_START, 0x42, 0x43);
    lookUp();
    invalidate();
    mapStale();
    release();
  }

  private void boot() {
    add(Trace.BOOT, Op.PAGE_ALLOC, page, 0x9a1, 0, 1, 1);
    point(Trace.BOOT, Tracepoint.HOST_PTE, 0x42, 0, 0x9a1, 1);
  }

  private void lookUp() {
    add(VCPU, Op.SRCU_READ_LOCK, srcu, 0);
    point(VCPU, Tracepoint.GUEST_ABORT, 0, 0x42000, 0x92000007L, 1);
    add(VCPU, Op.READ_ONCE, hostPte + 0x42, 0x9a1);
    add(VCPU, Op.SMP_RMB, 0);
    point(VCPU, Tracepoint.FAULT_PFN, 0x42, 0x9a1, 1, 0);
  }

  private void invalidate() {
    add(INVAL, Op.WRITE_LOCK, mmuLock);
    add(INVAL, Op.READ, inProgress, 0);
    add(INVAL, Op.WRITE, inProgress, 1);
    point(INVAL, Tracepoint.INVALIDATE_BEGIN, 1);
    add(INVAL, Op.READ_ONCE, table + 2, 0);
    zap = point(INVAL, Tracepoint.INVALIDATE_RANGE, 0x42, 0x43);
    add(INVAL, Op.WRITE_UNLOCK, mmuLock);
    add(INVAL, Op.WRITE_LOCK, mmuLock);
    add(INVAL, Op.READ, seq, 4);
    add(INVAL, Op.WRITE, seq, 5);
    add(INVAL, Op.SMP_WMB, 0);
    add(INVAL, Op.WRITE, inProgress, 0);
    point(INVAL, Tracepoint.INVALIDATE_END, 5, 0);
    add(INVAL, Op.WRITE_UNLOCK, mmuLock);
  }

  private void mapStale() {
    add(VCPU, Op.READ_ONCE, seq, 5);
    point(VCPU, Tracepoint.FAULT_SEQ, 0x42, 5);
    add(VCPU, Op.READ_LOCK, mmuLock);
    add(VCPU, Op.CMPXCHG, table + 2, 0, 0x9a14c3, 1);
    map = point(VCPU, Tracepoint.S2_SET_PTE, 0x42, 3, 0, 0x9a14c3);
    add(VCPU, Op.READ_UNLOCK, mmuLock);
    add(VCPU, Op.SRCU_READ_UNLOCK, srcu, 0);
    add(VCPU, Op.TASK_END, 0);
  }

  private void release() {
    free = add(INVAL, Op.PAGE_FREE, page, 0x9a1, 0, 0, 1);
    add(INVAL, Op.TASK_END, 0);
    add(1, Op.READ_ONCE, hostPte, 0);
    add(1, Op.TASK_END, 0);
  }

  private int point(int task, Tracepoint point, long... arguments) {
    return add(task, Op.TRACE, point.ordinal(), arguments);
  }

  private int add(int task, Op op, int object, long... arguments) {
    long[] all = Arrays.copyOf(arguments, 4);
    return trace.append(op.ordinal(), task, object, all[0], all[1], all[2], all[3]);
  }

  Finding finding() {
    return new Finding(
        "stale-translation",
        Severity.CORRUPTION,
        "pfn 0x9a1 is freed while a stage-2 leaf maps gfn 0x42 to it",
        "a translation is gone before the host unmaps, write-protects or frees what it leads to",
        List.of(
            new Evidence(map, "stage-2 map of gfn 0x42 level 3 -> pfn 0x9a1"),
            new Evidence(zap, "invalidation of gfns 0x42 to 0x43"),
            new Evidence(free, "free of pfn 0x9a1")),
        List.of(
            "value: stage-2 PTE 0x0 -> 0x9a14c3 after the invalidation of gfn 0x42 had ended",
            "mmu_invalidate_seq: sampled 5, 5 after the invalidation"));
  }

  int map() {
    return map;
  }

  int zap() {
    return zap;
  }

  Schedule schedule() {
    return new Schedule(new int[] {3, 9, 14}, new int[] {2, 0, 2});
  }

  /** All tasks until they end. */
  long offered(int step) {
    return step < 14 ? 0b111 : step < 15 ? 0b110 : 0b010;
  }

  /** Number of steps that {@link #offered} knows. */
  int steps() {
    return 16;
  }
}
