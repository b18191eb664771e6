package io.stalemate.actors;

import java.util.function.IntFunction;

/** Tables of messages by opcode and task. */
final class Messages {

  private static final int TASKS = 64;

  private Messages() {}

  /** Fills the row of {@code opcode} with a message of each task. */
  @SuppressWarnings("unchecked")
  static <T> void fill(T[][] messages, int opcode, IntFunction<? extends T> maker) {
    T[] row = (T[]) java.lang.reflect.Array.newInstance(messages.getClass().componentType().componentType(), TASKS);
    for (int task = 0; task < TASKS; task++) {
      row[task] = maker.apply(task);
    }
    messages[opcode] = row;
  }
}
