package io.stalemate.jvm;

import static io.stalemate.jvm.Program.alone;
import static org.assertj.core.api.Assertions.assertThat;

import io.stalemate.machine.Machine;
import io.stalemate.machine.Tracepoint;
import java.lang.reflect.Method;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What kernel text may rely on of a machine itself; the tests beside this one are about what it makes. */
class MachineContractTest {

  @ParameterizedTest
  @EnumSource(Bindings.class)
  void aWarningYieldsItsCondition(Binding binding) {
    binding.run(1, m -> alone(() -> {
      assertThat(m.warnOn(false, "nothing")).isFalse();
      assertThat(m.warnOn(true, "something")).isTrue();
    }));
  }

  @ParameterizedTest
  @EnumSource(Bindings.class)
  void thereIsOneOfEachPartThatIsTheMachines(Binding binding) {
    binding.run(1, m -> alone(() -> {
      assertThat(m.rcu()).isSameAs(m.rcu());
      assertThat(m.pages()).isSameAs(m.pages());
      assertThat(m.tlb()).isSameAs(m.tlb());
      assertThat(m.ipi()).isSameAs(m.ipi());
    }));
  }

  /** They speak to lockdep, to strategies and to readers of traces. */
  @ParameterizedTest
  @EnumSource(Bindings.class)
  void annotationsChangeNothing(Binding binding) {
    binding.run(1, m -> alone(() -> {
      m.mightSleep();
      m.preemptDisable();
      m.preemptDisable();
      m.preemptEnable();
      m.preemptEnable();
      m.retrying();
      m.trace(Tracepoint.RETURN, 1, 2);
      m.trace(Tracepoint.RETURN, 1, 2, 3, 4);
    }));
  }

  /** Whoever adds a primitive adds its contract: this list names the test of each. */
  @Test
  void everyPrimitiveHasAContract() {
    List<String> tested = Stream.of(
        "word words smpRmb smpWmb smpMb", // WordsContractTest
        // LocksContractTest, ReadersAndWritersContractTest, MisuseContractTest
        "spinlock rwlock mutex rwSemaphore lockdepMap",
        "srcu rcu", // GracePeriodsContractTest
        "waitQueue rcuWait completion setCurrentState schedule", // WaitsContractTest
        "pages", // PagesContractTest
        "tlb", // TlbContractTest
        "ipi", // InterruptsContractTest
        "preemptDisable preemptEnable mightSleep retrying warnOn trace")
        .flatMap(names -> Arrays.stream(names.split(" "))).sorted().toList();
    assertThat(Arrays.stream(Machine.class.getMethods()).map(Method::getName).distinct().sorted())
        .containsExactlyElementsOf(tested);
  }
}
