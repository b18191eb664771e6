package io.stalemate.jvm;

import static io.stalemate.jvm.Program.alone;
import static io.stalemate.jvm.Program.until;
import static org.assertj.core.api.Assertions.assertThat;

import io.stalemate.machine.Ipi;
import io.stalemate.machine.Word;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What kernel text may rely on of interrupts between CPUs, whatever it runs on. */
class InterruptsContractTest {

  @ParameterizedTest
  @EnumSource(Bindings.class)
  void anInterruptStaysPendingWhileInterruptsAreOff(Binding binding) {
    binding.run(1, m -> alone(() -> {
      Ipi ipi = m.ipi();
      ipi.send(0);
      assertThat(ipi.pending(0)).as("taken at once").isFalse();
      ipi.irqsOff(0);
      assertThat(ipi.pending(0)).isFalse();
      ipi.send(0);
      ipi.send(1);
      assertThat(ipi.pending(0)).isTrue();
      assertThat(ipi.pending(1)).as("another CPU's").isFalse();
      ipi.take(0);
      assertThat(ipi.pending(0)).isFalse();
      ipi.send(0);
      assertThat(ipi.pending(0)).as("interrupts are still off").isTrue();
      ipi.irqsOn(0);
      assertThat(ipi.pending(0)).isFalse();
      ipi.sendAndWait(0);
    }));
  }

  @ParameterizedTest
  @EnumSource(Bindings.class)
  void anInterruptThatIsWaitedForHasBeenTaken(Binding binding) {
    binding.run(Binding.ROUNDS, m -> {
      Word inside = m.word("inside", 0);
      Word seen = m.word("seen", 0);
      return new Program(List.of(
          () -> {
            m.ipi().irqsOff(0);
            inside.writeOnce(1);
            until(m, () -> m.ipi().pending(0));
            inside.writeOnce(2);
            m.ipi().irqsOn(0);
          },
          () -> {
            until(m, () -> inside.readOnce() == 1);
            m.ipi().sendAndWait(0);
            seen.writeOnce(inside.readOnce());
          }), () -> assertThat(seen.read()).isEqualTo(2));
    });
  }

  /** A guest that looks between its instructions leaves when it is kicked. */
  @ParameterizedTest
  @EnumSource(Bindings.class)
  void takingAnInterruptLetsTheSenderGoOn(Binding binding) {
    binding.run(Binding.ROUNDS, m -> {
      Word running = m.word("running", 0);
      Word seen = m.word("seen", 0);
      Word over = m.word("over", 0);
      return new Program(List.of(
          () -> {
            m.ipi().irqsOff(1);
            running.writeOnce(1);
            until(m, () -> m.ipi().pending(1));
            running.writeOnce(0);
            m.ipi().take(1);
            // Turning interrupts on would let the sender go on, too.
            until(m, () -> over.readOnce() == 1);
            m.ipi().irqsOn(1);
          },
          () -> {
            until(m, () -> running.readOnce() == 1);
            m.ipi().sendAndWait(1);
            seen.writeOnce(1 - running.readOnce());
            over.writeOnce(1);
          }), () -> assertThat(seen.read()).isEqualTo(1));
    });
  }
}
