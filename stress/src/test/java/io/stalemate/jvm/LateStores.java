package io.stalemate.jvm;

import io.stalemate.machine.Machine;
import io.stalemate.machine.Word;
import io.stalemate.machine.WordArray;
import io.stalemate.trace.Trace;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A simulated machine on which a store to a word of a row happens after the task's next access to a word of a row,
 * unless a barrier comes between: what weak memory may do, in the least form that programs can see.
 */
final class LateStores {

  // What does not wait for the stores before it.
  private static final List<String> RELAXED = List.of("read", "write", "readOnce", "writeOnce", "loadAcquire");

  private final Machine machine;
  private final Trace trace;
  private final Word self;
  private final boolean barriers;
  // By task.
  private final Map<Integer, Late> late = new LinkedHashMap<>();

  private record Late(Word word, long value) {}

  private LateStores(Machine machine, Trace trace, boolean barriers) {
    this.machine = machine;
    this.trace = trace;
    this.self = machine.word("self", 0);
    this.barriers = barriers;
  }

  /** Such machines, on which {@code barriers}, releases and exchanges order stores, or do not. */
  static Binding binding(boolean barriers) {
    return new SimulatedBinding((machine, trace) -> new LateStores(machine, trace, barriers).proxy(), List.of());
  }

  private Machine proxy() {
    return (Machine) Proxy.newProxyInstance(
        Machine.class.getClassLoader(), new Class<?>[] {Machine.class}, (ignored, method, arguments) -> {
          switch (method.getName()) {
            case "smpMb", "smpWmb" -> flushIf(barriers);
            case "words" -> {
              return row((WordArray) method.invoke(machine, arguments));
            }
            default -> {}
          }
          try {
            return method.invoke(machine, arguments);
          } catch (InvocationTargetException e) {
            throw e.getCause();
          }
        });
  }

  private WordArray row(WordArray row) {
    return new WordArray() {
      @Override
      public int length() {
        return row.length();
      }

      @Override
      public Word at(int index) {
        return word(row.at(index));
      }
    };
  }

  private Word word(Word word) {
    return (Word) Proxy.newProxyInstance(
        Word.class.getClassLoader(), new Class<?>[] {Word.class}, (ignored, method, arguments) -> {
          String name = method.getName();
          flushIf(barriers && !RELAXED.contains(name));
          Late before = late.remove(task());
          Object result = null;
          if (before == null && (name.equals("write") || name.equals("writeOnce"))) {
            late.put(task(), new Late(word, (Long) arguments[0]));
          } else if (before == null && name.equals("xchg") && !barriers) {
            result = word.readOnce();
            late.put(task(), new Late(word, (Long) arguments[0]));
          } else {
            result = method.invoke(word, arguments);
          }
          store(before);
          return result;
        });
  }

  private void flushIf(boolean wanted) {
    if (wanted) {
      store(late.remove(task()));
    }
  }

  private static void store(@Nullable Late store) {
    if (store != null) {
      store.word.writeOnce(store.value);
    }
  }

  /** The task that runs: the one whose event comes last once it has done something. */
  private int task() {
    self.readOnce();
    return trace.task(trace.size() - 1);
  }
}
