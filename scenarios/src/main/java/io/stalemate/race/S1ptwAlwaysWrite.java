package io.stalemate.race;

import io.stalemate.cpu.Syndrome;
import io.stalemate.linux.arm64.Arm64Text;
import io.stalemate.linux.arm64.HandleGuestAbort;
import java.util.List;

/** Every fault on a walk of the guest's stage-1 tables is taken for a write. */
final class S1ptwAlwaysWrite implements Race {

  @Override
  public Card card() {
    return new Card("s1ptw-always-write",
        "a stage-1 walk that finds its table unmapped counts as a write, which a read-only slot refuses",
        Kind.HISTORICAL,
        "since c4ad98e4b72c, fixed by 406504c7b040 (v6.2): a guest whose page tables are in read-only memory gets an "
        + "abort for its own walk",
        List.of("v5.15", "v6.2", "v6.12"),
        List.of("s1ptw-on-ro-slot"),
        "conformance");
  }

  @Override
  public Arm64Text patch(Arm64Text text) {
    return text.withHandleGuestAbort((arch, caps) -> new HandleGuestAbort(arch, caps) {
      @Override
      protected boolean kvmIsWriteFault(long esr) {
        // missing: whether the walk was refused a read or a write
        return (esr & Syndrome.S1PTW) != 0 || super.kvmIsWriteFault(esr);
      }
    });
  }
}
