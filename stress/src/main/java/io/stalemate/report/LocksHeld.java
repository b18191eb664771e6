package io.stalemate.report;

import io.stalemate.trace.Trace;
import java.util.ArrayList;
import java.util.List;

/** Which locks a task holds at a point of a trace, as a splat lists them. */
public final class LocksHeld {

  private LocksHeld() {}

  /**
   * Yields the locks that {@code task} holds when event {@code event} happens, in the order it took them: {@code
   * mmu_lock(read)}, {@code slots_lock}, {@code kvm->srcu[0]}. A lock that the event itself takes is not among them.
   */
  public static List<String> at(Trace trace, int event, int task) {
    List<String> held = new ArrayList<>();
    for (int i = 0; i < event; i++) {
      if (trace.task(i) == task) {
        follow(trace, i, held);
      }
    }
    return held;
  }

  private static void follow(Trace trace, int event, List<String> held) {
    switch (trace.op(event)) {
      case SPIN_LOCK, MUTEX_LOCK -> held.add(name(trace, event));
      case SPIN_TRYLOCK, MUTEX_TRYLOCK -> takeIf(trace.a(event) == 1, name(trace, event), held);
      case SPIN_UNLOCK, MUTEX_UNLOCK -> drop(name(trace, event), held);
      case READ_LOCK, DOWN_READ -> held.add(name(trace, event) + "(read)");
      case DOWN_READ_TRYLOCK -> takeIf(trace.a(event) == 1, name(trace, event) + "(read)", held);
      case READ_UNLOCK, UP_READ -> drop(name(trace, event) + "(read)", held);
      case WRITE_LOCK, DOWN_WRITE -> held.add(name(trace, event) + "(write)");
      case WRITE_UNLOCK, UP_WRITE -> drop(name(trace, event) + "(write)", held);
      case SRCU_READ_LOCK -> held.add(name(trace, event) + "[" + trace.a(event) + "]");
      case SRCU_READ_UNLOCK -> drop(name(trace, event) + "[" + trace.a(event) + "]", held);
      case RCU_READ_LOCK -> held.add(name(trace, event));
      case RCU_READ_UNLOCK -> drop(name(trace, event), held);
      default -> {}
    }
  }

  private static void takeIf(boolean taken, String lock, List<String> held) {
    if (taken) {
      held.add(lock);
    }
  }

  private static void drop(String lock, List<String> held) {
    int last = held.lastIndexOf(lock);
    if (last >= 0) {
      held.remove(last);
    }
  }

  private static String name(Trace trace, int event) {
    return trace.objects().name(trace.object(event));
  }
}
