package io.stalemate.linux.kvm;

import static io.stalemate.linux.Errno.EOPNOTSUPP;
import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The bus of a VM with devices at 0x1000 to 0x1fff, 0x2000 to 0x2003, and nothing behind them. */
class KvmIoBusTest {

  @ParameterizedTest
  @CsvSource({
      // addr, bytes, whether a device takes it
      "0x0ff8, 8, false",
      "0x0ffc, 8, false",
      "0x1000, 8, true",
      "0x1ff8, 8, true",
      "0x1ff9, 8, false",
      "0x1ffc, 4, true",
      "0x1ffc, 8, false",
      "0x2000, 4, true",
      "0x2000, 8, false",
      "0x2004, 1, false",
  })
  void aDeviceTakesAnAccessThatIsWhollyWithinIt(String addr, int bytes, boolean taken) {
    KvmVm vm = new KvmVm(Era.V6_12);
    vm.kvm.slotsLock.lock();
    vm.kvm.ioBus.registerDev(0x1000, 0x1000);
    vm.kvm.ioBus.registerDev(0x2000, 4);
    vm.kvm.slotsLock.unlock();
    int expected = taken ? 0 : -EOPNOTSUPP;
    int idx = vm.kvm.srcu.readLock();
    assertThat(vm.kvm.ioBus.read(Long.decode(addr), bytes)).isEqualTo(expected);
    assertThat(vm.kvm.ioBus.write(Long.decode(addr), bytes, 7)).isEqualTo(expected);
    vm.kvm.srcu.readUnlock(idx);
  }
}
