package io.stalemate.race;

import io.stalemate.machine.Machine;
import io.stalemate.yardstick.Yardstick;
import java.util.List;

/** Plants a step that depends on an identity hash: no two runs need be alike. */
final class CanaryIdentityHash implements Race {

  @Override
  public Card card() {
    return new Card("canary-identity-hash",
        "a step depends on an identity hash, so runs do not repeat",
        Kind.CANARY,
        "planted: the check that repeats runs must notice it",
        List.of("v6.12", "v6.2", "v5.15"),
        List.of("yardstick"),
        "run-twice");
  }

  @Override
  public Yardstick yardstick(Machine m, int invalidations) {
    return new Yardstick(m, invalidations) {
      @Override
      protected boolean mmuInvalidateRetry(long seq) {
        // The canary: one more load in about half of the calls.
        if ((System.identityHashCode(new Object()) & 1) != 0) {
          mmuInvalidateSeq.readOnce();
        }
        return super.mmuInvalidateRetry(seq);
      }
    };
  }
}
