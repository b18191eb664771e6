package io.stalemate.race;

import io.stalemate.linux.Errno;
import io.stalemate.linux.arm64.nvhe.HostMmu;
import io.stalemate.linux.arm64.nvhe.NvheText;
import java.util.List;

/** The host CPU that is second to a fault takes the first one's mapping for an error. */
final class PkvmValidLeafFatal implements Race {

  @Override
  public Card card() {
    return new Card("pkvm-valid-leaf-fatal",
        "a host fault that another CPU served meanwhile is fatal",
        Kind.GUARD,
        "host_stage2_adjust_range() yields -EAGAIN for a valid leaf since the host maps blocks "
        + "lazily (v5.15); without it the hypervisor panics",
        List.of("v6.12", "v6.2", "v5.15"),
        List.of("pkvm-two-host-faults"),
        "conformance");
  }

  @Override
  public NvheText patch(NvheText text) {
    return text.withHostMmu((m, nvhe, memory, poolPages) -> new HostMmu(m, nvhe, memory, poolPages) {
      @Override
      protected int validLeafFound() {
        // missing: -EAGAIN
        return -Errno.EPERM;
      }
    });
  }
}
