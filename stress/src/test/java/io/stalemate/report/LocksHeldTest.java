package io.stalemate.report;

import static org.assertj.core.api.Assertions.assertThat;

import io.stalemate.trace.ObjectKind;
import io.stalemate.trace.Op;
import io.stalemate.trace.Trace;
import org.junit.jupiter.api.Test;

class LocksHeldTest {

  private final Trace trace = new Trace();

  @Test
  void listsWhatTheTaskHoldsBeforeTheEventInTheOrderOfTaking() {
    trace.tasks().add("vcpu0");
    int srcu = trace.objects().add(ObjectKind.SRCU, "kvm->srcu");
    int mmap = trace.objects().add(ObjectKind.RWSEM, "mmap_lock");
    int mmu = trace.objects().add(ObjectKind.RWLOCK, "mmu_lock");
    int slots = trace.objects().add(ObjectKind.MUTEX, "slots_lock");
    add(Op.SRCU_READ_LOCK, srcu, 1);
    add(Op.SRCU_READ_LOCK, srcu, 1);
    add(Op.DOWN_READ, mmap, 0);
    add(Op.MUTEX_TRYLOCK, slots, 0);
    add(Op.WRITE_LOCK_QUEUED, mmu, 0);
    int queued = add(Op.WRITE_LOCK, mmu, 0);
    add(Op.SRCU_READ_UNLOCK, srcu, 1);
    add(Op.UP_READ, mmap, 0);
    add(Op.MUTEX_TRYLOCK, slots, 1);
    int last = add(Op.WRITE_UNLOCK, mmu, 0);

    assertThat(LocksHeld.at(trace, queued, 0)).containsExactly("kvm->srcu[1]", "kvm->srcu[1]", "mmap_lock(read)");
    assertThat(LocksHeld.at(trace, last, 0)).containsExactly("kvm->srcu[1]", "mmu_lock(write)", "slots_lock");
    assertThat(LocksHeld.at(trace, last, 1)).isEmpty();
  }

  private int add(Op op, int object, long a) {
    return trace.append(op.ordinal(), 0, object, a, 0, 0, 0);
  }
}
