package io.stalemate.linux.mm;

import static org.assertj.core.api.Assertions.assertThat;

import io.stalemate.machine.Tracepoint;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The end of an address space. */
class ExitMmTest {

  private final HostVm vm = new HostVm();
  private final List<String> told = new ArrayList<>();

  /** Notes what is mapped at hva 0 when the subscriber is told that the address space goes. */
  private record Subscriber(HostVm vm, List<String> told) implements MmuNotifierOps {

    @Override
    public int invalidateRangeStart(long hvaStart, long hvaEnd, boolean blockable) {
      told.add("start");
      return 0;
    }

    @Override
    public void invalidateRangeEnd(long hvaStart, long hvaEnd) {}

    @Override
    public void release() {
      told.add(Pte.isPresent(vm.mm.pte(0).readOnce()) ? "release, mapped" : "release, unmapped");
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

  @Test
  void onlyTheLastThreadTakesTheAddressSpaceApart() {
    vm.mmap.mmap(0, 4, VmaKind.ANON, 0, true);
    vm.store(0, 9);
    ExitMm exit = new ExitMm(vm.mm, 2);
    exit.exitMm();
    assertThat(vm.token(0)).isEqualTo(9);
    exit.exitMm();
    assertThat(vm.mm.pte(0).readOnce()).isEqualTo(Pte.NONE);
    assertThat(vm.of(Tracepoint.VMA_UNMAP)).containsExactly("0,8,0,0");
    vm.assertAccountsBalance(0);
  }

  @Test
  void subscribersHearBeforeTheFirstPageGoes() {
    vm.mm.notifiers.register(new Subscriber(vm, told));
    vm.mmap.mmap(0, 4, VmaKind.ANON, 0, true);
    vm.store(0, 9);
    new ExitMm(vm.mm, 1).exitMm();
    assertThat(told).containsExactly("release, mapped", "start");
  }

  @Test
  void anExitTooManyWarns() {
    ExitMm exit = new ExitMm(vm.mm, 1);
    exit.exitMm();
    exit.exitMm();
    assertThat(vm.warnings()).containsExactly("mmput: nobody uses the mm any more");
  }
}
