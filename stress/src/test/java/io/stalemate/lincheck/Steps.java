package io.stalemate.lincheck;

import static org.jetbrains.lincheck.datastructures.ManagedStrategyGuaranteeKt.forClasses;

import io.stalemate.jvm.NativeMachine;
import io.stalemate.machine.ObjectTable;
import java.util.Arrays;
import java.util.List;
import org.jetbrains.lincheck.datastructures.ManagedStrategyGuarantee;

/**
 * What Lincheck need not take apart. Everything else, locks, SRCU and RCU included, it may interrupt before each access
 * to what threads share.
 *
 * <p>Inside a step Lincheck does not follow monitors. So a monitor that one step takes must be taken in steps alone: it
 * would not keep others out, nor others it.
 */
final class Steps {

  private static final String JVM = "io.stalemate.jvm.";

  private Steps() {}

  /** Yields the guarantees to give Lincheck. */
  static List<ManagedStrategyGuarantee> all() {
    return List.of(
        // A thread's own entry, found by who the thread is.
        forClasses(names("PerThread", "Misuse")).allMethods().ignore(),
        forClasses(names("NativeTasks")).methods("current").ignore(),
        // Nothing on this machine.
        forClasses(NativeMachine.class.getName())
            .methods("trace", "mightSleep", "preemptDisable", "preemptEnable").ignore(),
        // Under one monitor from end to end; the allocator, the MMU and the model's own memory.
        forClasses(names("NativePages", "NativeTlb")).allMethods().treatAsAtomic(),
        forClasses(ObjectTable.class.getName()).allMethods().treatAsAtomic());
  }

  /** Full names; fails if there is no such class, as Lincheck would not notice. */
  private static String[] names(String... simple) {
    return Arrays.stream(simple).map(name -> {
      try {
        return Class.forName(JVM + name).getName();
      } catch (ClassNotFoundException e) {
        throw new IllegalStateException("the native machine has no " + name, e);
      }
    }).toArray(String[]::new);
  }
}
