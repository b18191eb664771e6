package io.stalemate.race;

import io.stalemate.cpu.Syndrome;
import io.stalemate.linux.arm64.Arm64Text;
import io.stalemate.linux.arm64.HandleGuestAbort;
import java.util.List;

/** The out-of-range test looks at permission faults, which such addresses never have. */
final class RangeTestedOnPermissionFaults implements Race {

  @Override
  public Card card() {
    return new Card("range-tested-on-permission-faults",
        "an access beyond the IPA range leaves as MMIO instead of becoming an abort",
        Kind.HISTORICAL,
        "11e5ea5242e3 (v6.8) asked for a permission fault where the code before asked for a translation fault, "
        + "fixed by f5fe0adeed60 (v6.9, and v6.8's stable series)",
        List.of("v6.12", "v6.2"),
        List.of("out-of-range-access"),
        "conformance");
  }

  @Override
  public Arm64Text patch(Arm64Text text) {
    return text.withHandleGuestAbort((arch, caps) -> new HandleGuestAbort(arch, caps) {
      @Override
      protected boolean testsRangeOn(long esr) {
        // missing: the translation fault
        return Syndrome.faultType(esr) == Syndrome.FSC_PERMISSION;
      }
    });
  }
}
