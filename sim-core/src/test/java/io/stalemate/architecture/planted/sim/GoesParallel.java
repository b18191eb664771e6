package io.stalemate.architecture.planted.sim;

import java.util.List;
import java.util.function.Consumer;

/** Leaves the order to a thread pool. */
public final class GoesParallel {
  /** Runs {@code each} in an order that is the pool's. */
  public void visit(List<String> names, Consumer<String> each) {
    names.parallelStream().forEach(each);
  }
}
