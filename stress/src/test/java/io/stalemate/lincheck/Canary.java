package io.stalemate.lincheck;

import io.stalemate.jvm.NativeMachine;
import io.stalemate.machine.Word;
import java.util.List;
import org.jetbrains.lincheck.datastructures.Operation;

/**
 * A race that Lincheck must find: two increments of one word, each a load and a store. On some JDKs Lincheck passes
 * over what it cannot instrument without a word, and a suite that it passes then means nothing.
 */
final class Canary {

  private Canary() {}

  /** Fails if Lincheck does not find the lost update in this JVM; the look is taken once. */
  static void assertFound() {
    if (!Once.LOST_UPDATE.contains("increment")) {
      throw new AssertionError("Lincheck is blind here: " + Once.LOST_UPDATE);
    }
  }

  /** Yields Lincheck's table of the lost update, or a line that says it has none. */
  static String look() {
    try {
      return ModelChecked.of(LostUpdate.class, Counter.class)
          .pinned(List.of(Call.call("increment")), List.of(Call.call("increment"))).table();
    } catch (AssertionError e) {
      return String.valueOf(e.getMessage());
    }
  }

  private static final class Once {
    static final String LOST_UPDATE = look();
  }

  /** Counts on a word of the native machine. */
  public static class LostUpdate {

    private final Word count = new NativeMachine(1).word("count", 0);

    /** Yields the count that the caller made. */
    @Operation
    public long increment() {
      long next = count.read() + 1;
      count.write(next);
      return next;
    }
  }

  /** Counts at once. */
  public static class Counter {

    private long count;

    /** Yields the next count. */
    public long increment() {
      return ++count;
    }
  }
}
