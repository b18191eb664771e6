package io.stalemate.engines;

import io.stalemate.jvm.NativeMachine;
import io.stalemate.yardstick.Yardstick;
import org.jetbrains.lincheck.datastructures.IntGen;
import org.jetbrains.lincheck.datastructures.Operation;
import org.jetbrains.lincheck.datastructures.Param;
import org.jetbrains.lincheck.datastructures.Validate;

/**
 * What Lincheck calls: scenario zero's kernel text on the native machine. Public, with this constructor, because
 * Lincheck creates one for each execution; the state is in fields because it sees nothing else for certain.
 */
public class ScenarioZero {

  /** How many invalidations there can be. */
  static final int INVALIDATIONS = 2;

  private final NativeMachine m;
  private final Yardstick yardstick;

  /** The correct text. */
  public ScenarioZero() {
    this.m = new NativeMachine(1);
    this.yardstick = yardstick(m);
  }

  /** Yields the text to call. */
  Yardstick yardstick(NativeMachine machine) {
    return new Yardstick(machine, INVALIDATIONS);
  }

  /** A vCPU faults until it has a leaf. */
  @Operation
  public void fault() {
    yardstick.vcpuFault();
  }

  /** Invalidator number {@code invalidator} replaces the host's page. No number is drawn: the scenario is given. */
  @Operation
  public void invalidate(@Param(gen = IntGen.class, conf = "0:1") int invalidator) {
    yardstick.invalidate(invalidator);
  }

  /** Lincheck asks at the end of each execution. */
  @Validate
  public void noFreedPageIsMapped() {
    if (!m.warnings().isEmpty()) {
      throw new IllegalStateException(m.warnings().getFirst());
    }
  }

  /** What its operations do one after the other, seen from outside: nothing that could be told. */
  public static final class Specification {

    /** Created by Lincheck. */
    public Specification() {}

    /** Yields nothing. */
    public void fault() {}

    /** Yields nothing. */
    public void invalidate(int invalidator) {}
  }
}
