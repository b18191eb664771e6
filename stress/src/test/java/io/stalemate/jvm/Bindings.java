package io.stalemate.jvm;

import static org.assertj.core.api.Assertions.assertThat;

import io.stalemate.machine.Machine;
import io.stalemate.machine.PageUse;
import java.util.List;
import java.util.function.Function;

/** The bindings of Machine that the contract is tested against. */
enum Bindings implements Binding {
  SIMULATED(new SimulatedBinding()),
  NATIVE(new NativeBinding());

  private final Binding binding;

  Bindings(Binding binding) {
    this.binding = binding;
  }

  /** Runs {@code tasks} on threads; none may fail. */
  static void runThreads(List<Runnable> tasks) {
    assertThat(NativeBinding.runThreads(tasks)).isNull();
  }

  @Override
  public void run(int rounds, Function<Machine, Program> program) {
    binding.run(rounds, program);
  }

  @Override
  public Binding failing(PageUse use, int nth) {
    return binding.failing(use, nth);
  }

  @Override
  public boolean refuses(Function<Machine, Program> program) {
    return binding.refuses(program);
  }
}
