package io.stalemate.scenario;

import java.util.List;

/**
 * Who answers accesses that no memory answers: devices of the kernel, the VMM, the host's error handling.
 *
 * @param nisvToUser {@code KVM_CAP_ARM_NISV_TO_USER}
 * @param protectedVm pKVM hides the VM's registers from the host
 * @param claimsSea the host's RAS code takes external aborts
 * @param ipaBits bits of an IPA that the host's CPUs can translate
 * @param bus gfns that devices of the kernel answer
 * @param carveOuts what the VMM's address allocator never hands out
 * @param ucall gfn of ucalls, {@link #ALLOCATE} or {@link #NO_UCALL}
 */
public record Emulation(
    boolean nisvToUser,
    boolean protectedVm,
    boolean claimsSea,
    int ipaBits,
    List<Long> bus,
    List<CarveOut> carveOuts,
    long ucall) {

  /** In place of a gfn: the VMM's allocator chooses. */
  public static final long ALLOCATE = -1;

  /** In place of a gfn: there are no ucalls. */
  public static final long NO_UCALL = -2;

  public static final int IPA_BITS_DEFAULT = 48;

  /** None of all this. */
  public static final Emulation NONE =
      new Emulation(false, false, false, IPA_BITS_DEFAULT, List.of(), List.of(), NO_UCALL);

  public Emulation {
    bus = List.copyOf(bus);
    carveOuts = List.copyOf(carveOuts);
    Limits.check("ipa-bits", ipaBits, 1, IPA_BITS_DEFAULT);
    Limits.check("ucall", ucall, NO_UCALL, Limits.GFNS - 1);
  }

  /** Guest pages that belong to a device that is no memslot, such as the GIC. */
  public record CarveOut(long gfn, long pages) {
    public CarveOut {
      Limits.checkGfns(gfn, pages);
    }

    /** The gfn after its last. */
    public long gfnEnd() {
      return gfn + pages;
    }
  }
}
