package io.stalemate.jvm;

import io.stalemate.machine.Machine;
import io.stalemate.machine.PageUse;
import java.util.function.Function;

/** Something that programs written against Machine run on. */
interface Binding {

  /** Rounds that are enough for a program of few steps to show what it can. */
  int ROUNDS = 200;

  /** CPUs of every machine. */
  int CPUS = 2;

  /** Runs {@code program} {@code rounds} times, each time on a machine of its own, and checks what must hold after. */
  void run(int rounds, Function<Machine, Program> program);

  /** The same, on machines whose {@code nth} allocation (from 1) for {@code use} by a task fails. */
  Binding failing(PageUse use, int nth);

  /** Whether running {@code program} once is reported as misuse of a primitive. */
  boolean refuses(Function<Machine, Program> program);
}
