package io.stalemate.oracle;

import io.stalemate.trace.Op;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/** A {@code WARN_ON()} of kernel text fired. */
final class KernelWarning extends Watch {

  KernelWarning() {
    super("kernel-warning", "a WARN_ON of the kernel fired", EnumSet.of(Op.WARN), Set.of());
  }

  @Override
  void reset() {}

  @Override
  public void on(int event) {
    if (!done()) {
      String text = trace().textAt((int) trace().a(event));
      report(Severity.RULE, "WARNING: " + text, "a condition that kernel text excludes came true",
          List.of(new Evidence(event, "WARN_ON(" + text + ")")), List.of());
    }
  }

  @Override
  public void end(Ending ending) {}
}
