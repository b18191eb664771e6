package io.stalemate.linux.arm64.nvhe;

import io.stalemate.cpu.StageTwoPte;
import io.stalemate.linux.arm64.PgtableProt;

/**
 * {@code enum pkvm_page_state}: what a component may do with a page. Kept in the software bits of the entry that maps
 * it. model: so until v6.12; from v6.14 on the states of host and hypervisor live in the hypervisor's page array.
 */
public enum PkvmPageState {
  /** The component owns the page for itself. */
  OWNED(0, 0),
  /** It owns the page and lets another use it. */
  SHARED_OWNED(PgtableProt.SW0, StageTwoPte.SW0),
  /** It uses a page of another's. */
  SHARED_BORROWED(PgtableProt.SW1, StageTwoPte.SW1),
  /** It has nothing to do with the page: no valid entry says so, hence no mapping is made with it. */
  NOPAGE(PgtableProt.SW0 | PgtableProt.SW1, StageTwoPte.SW0 | StageTwoPte.SW1);

  private final int prot;
  private final long bits;

  PkvmPageState(int prot, long bits) {
    this.prot = prot;
    this.bits = bits;
  }

  /** {@code pkvm_mkstate()}: the permissions {@code base} with the state in their software bits. */
  public int mkState(int base) {
    return base | prot;
  }

  /** {@code pkvm_getstate()}: the state that the software bits of entry {@code pte} say. */
  public static PkvmPageState getState(long pte) {
    for (PkvmPageState state : values()) {
      if ((pte & NOPAGE.bits) == state.bits) {
        return state;
      }
    }
    throw new IllegalStateException("two bits have four values");
  }
}
