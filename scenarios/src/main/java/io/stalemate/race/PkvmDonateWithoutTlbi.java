package io.stalemate.race;

import io.stalemate.linux.arm64.KvmTlb;
import io.stalemate.linux.arm64.nvhe.HostMmu;
import io.stalemate.linux.arm64.nvhe.NvheText;
import java.util.List;

/** The host's translations outlive its ownership. */
final class PkvmDonateWithoutTlbi implements Race {

  @Override
  public Card card() {
    return new Card("pkvm-donate-without-tlbi",
        "the host's cached translation survives the donation of the page",
        Kind.MUTATION,
        "the invalidation by IPA removed from changes of the host's table: host CPUs write to "
        + "what the hypervisor owns",
        List.of("v6.12", "v6.2"),
        List.of("pkvm-access-vs-donation"),
        "page-ownership");
  }

  @Override
  public NvheText patch(NvheText text) {
    return text.withTlb(m -> new KvmTlb(m, false) {
      @Override
      public void kvmTlbFlushVmidIpa(int vmid, long ipa, int level) {
        // missing: TLBI IPAS2E1IS for the host
        if (vmid != HostMmu.VMID) {
          super.kvmTlbFlushVmidIpa(vmid, ipa, level);
        }
      }
    });
  }
}
