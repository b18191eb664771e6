package io.stalemate.race;

import io.stalemate.linux.kvm.KernelText;
import io.stalemate.linux.kvm.Memslots;
import io.stalemate.machine.TaskState;
import java.util.List;

/** The memslot swap looks at the count before it says that it is going to sleep, with no lock in between. */
final class SlotSwapLosesWakeup implements Race {

  @Override
  public Card card() {
    return new Card("slot-swap-loses-wakeup",
        "the memslot swap tests mn_active_invalidate_count before it sets its task state",
        Kind.MUTATION,
        "the rule of every wait loop, broken in the wait that 52ac8b358b0c added: the state is "
        + "set before the lock is dropped",
        List.of("v6.12", "v6.2", "v5.15"),
        List.of("slot-swap-vs-notifier"),
        "progress");
  }

  @Override
  public KernelText patch(KernelText text) {
    return text.withMemslots(kvm -> new Memslots(kvm) {
      @Override
      protected void waitForNotifiers() {
        kvm.mnActiveMap.waitsForHolders();
        kvm.mnInvalidateLock.lock();
        kvm.mnMemslotsUpdateRcuwait.prepare();
        while (kvm.mnActiveInvalidateCount.read() != 0) {
          kvm.mnInvalidateLock.unlock();
          // missing: this before the unlock; a wake-up in between finds a running task and does nothing
          m.setCurrentState(TaskState.UNINTERRUPTIBLE);
          m.schedule();
          kvm.mnInvalidateLock.lock();
        }
        kvm.mnMemslotsUpdateRcuwait.finish();
      }
    });
  }
}
