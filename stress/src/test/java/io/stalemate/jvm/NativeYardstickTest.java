package io.stalemate.jvm;

import static org.assertj.core.api.Assertions.assertThat;

import io.stalemate.machine.Machine;
import io.stalemate.yardstick.Yardstick;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Scenario zero, the same text that worlds run, on threads. */
class NativeYardstickTest {

  private static final int ROUNDS = 1000;

  @Test
  void theCorrectTextNeverMapsAFreedPage() {
    Bindings.NATIVE.run(ROUNDS, m -> {
      Yardstick yardstick = new Yardstick(m, 2);
      Runnable vcpu = () -> {
        yardstick.vcpuFault();
        yardstick.vcpuFault();
      };
      return new Program(
          List.of(vcpu, vcpu, vcpu, () -> yardstick.invalidate(0), () -> yardstick.invalidate(1)),
          () -> assertThat(warnings(m)).isEmpty());
    });
  }

  private static List<String> warnings(Machine m) {
    return ((NativeMachine) m).warnings();
  }
}
