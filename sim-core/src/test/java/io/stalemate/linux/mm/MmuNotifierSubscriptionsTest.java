package io.stalemate.linux.mm;

import static org.assertj.core.api.Assertions.assertThat;

import io.stalemate.linux.Errno;
import io.stalemate.machine.Tracepoint;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Pairing of start and end over several subscribers. */
class MmuNotifierSubscriptionsTest {

  private final HostVm vm = new HostVm();
  private final List<String> calls = new ArrayList<>();

  /** Logs calls; fails a non-blocking start if told to, and then has no end, as the rule demands. */
  private record Subscriber(String name, boolean failsToStart, List<String> calls) implements MmuNotifierOps {
    @Override
    public int invalidateRangeStart(long hvaStart, long hvaEnd, boolean blockable) {
      calls.add(name + " start");
      return failsToStart && !blockable ? -Errno.EAGAIN : 0;
    }

    @Override
    public boolean hasInvalidateRangeEnd() {
      return !failsToStart;
    }

    @Override
    public void invalidateRangeEnd(long hvaStart, long hvaEnd) {
      calls.add(name + " end");
    }

    @Override
    public boolean clearFlushYoung(long hvaStart, long hvaEnd) {
      return false;
    }

    @Override
    public boolean clearYoung(long hvaStart, long hvaEnd) {
      return false;
    }

    @Override
    public boolean testYoung(long hva) {
      return false;
    }
  }

  private void subscribers() {
    vm.mm.notifiers.register(new Subscriber("a", false, calls));
    vm.mm.notifiers.register(new Subscriber("b", true, calls));
    vm.mm.notifiers.register(new Subscriber("c", false, calls));
  }

  @Test
  void aFailedNonBlockingStartEndsThePairOfEverySubscriberThatHasAnEnd() {
    subscribers();
    assertThat(vm.mm.notifiers.invalidateRangeStart(0, 1, false)).isEqualTo(-Errno.EAGAIN);
    assertThat(calls).containsExactly("a start", "b start", "c start", "a end", "c end");
    assertThat(vm.count(Tracepoint.NOTIFIER_STARTED)).isZero();
    assertThat(vm.warnings()).isEmpty();
  }

  @Test
  void aBlockingPairReachesEverySubscriber() {
    subscribers();
    assertThat(vm.mm.notifiers.invalidateRangeStart(0, 1, true)).isZero();
    vm.mm.notifiers.invalidateRangeEnd(0, 1);
    assertThat(calls).containsExactly("a start", "b start", "c start", "a end", "c end");
    assertThat(vm.of(Tracepoint.NOTIFIER_STARTED)).containsExactly("0,1,0,0");
  }
}
