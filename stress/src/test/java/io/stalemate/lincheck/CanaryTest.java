package io.stalemate.lincheck;

import static io.stalemate.lincheck.Call.call;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.stalemate.jvm.NativeMachine;
import io.stalemate.machine.Word;
import java.util.List;
import org.jetbrains.lincheck.LincheckAssertionError;
import org.jetbrains.lincheck.datastructures.Operation;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The harness sees a lost update in this JVM, and its two questions answer opposite ways. */
@Tag("lincheck")
class CanaryTest {

  @Test
  void aLostUpdateIsFoundAndItsTableNamesTheAccesses() {
    assertThat(Canary.look()).contains("increment", "NativeWord.read", "NativeWord.write");
  }

  @Test
  void aSuiteWithALostUpdateIsNotCorrect() {
    assertThatThrownBy(() -> twice(Canary.LostUpdate.class).assertCorrect())
        .isInstanceOf(LincheckAssertionError.class);
  }

  @Test
  void nothingIsFoundInAnAtomicIncrement() {
    twice(AtomicUpdate.class).assertCorrect();
    assertThatThrownBy(() -> twice(AtomicUpdate.class).assertFinds("increment"))
        .isInstanceOf(AssertionError.class)
        .hasMessage("Lincheck finds nothing in AtomicUpdate");
  }

  private static ModelChecked twice(Class<?> tested) {
    return ModelChecked.of(tested, Canary.Counter.class)
        .pinned(List.of(call("increment")), List.of(call("increment")));
  }

  /** Counts in one access. */
  public static class AtomicUpdate {

    private final Word count = new NativeMachine(1).word("count", 0);

    /** Yields the count that the caller made. */
    @Operation
    public long increment() {
      return count.fetchAdd(1) + 1;
    }
  }
}
