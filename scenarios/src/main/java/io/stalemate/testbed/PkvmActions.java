package io.stalemate.testbed;

import io.stalemate.cpu.GuestInstruction;
import io.stalemate.linux.Errno;
import io.stalemate.linux.arm64.nvhe.HostCpu;
import io.stalemate.linux.arm64.nvhe.HypFfa;
import io.stalemate.linux.arm64.nvhe.MemProtect;
import io.stalemate.linux.arm64.nvhe.MemProtectV612;
import io.stalemate.scenario.Action;
import io.stalemate.scenario.PkvmAction;
import java.util.Optional;

/** Performs what a host CPU does under protected KVM: accesses, and calls to the hypervisor. */
final class PkvmActions {

  private final MemProtect memProtect;
  private final Optional<HypFfa> ffa;

  PkvmActions(MemProtect memProtect, Optional<HypFfa> ffa) {
    this.memProtect = memProtect;
    this.ffa = ffa;
  }

  /** Performs {@code action} on {@code cpu}, a store with {@code token}; yields 0 or a negative errno. */
  int perform(HostCpu cpu, Action action, long token) {
    if (!(action instanceof PkvmAction it)) {
      throw wrong(action);
    }
    return switch (it.kind()) {
      case HOST_LOAD -> cpu.execute(GuestInstruction.load(it.page()));
      case HOST_STORE -> cpu.execute(GuestInstruction.store(it.page(), token));
      case HOST_FETCH -> cpu.execute(GuestInstruction.fetch(it.page()));
      case SHARE_HYP -> memProtect.pkvmHostShareHyp(it.page());
      case UNSHARE_HYP -> memProtect.pkvmHostUnshareHyp(it.page());
      case DONATE_HYP -> memProtect.pkvmHostDonateHyp(it.page(), it.pages());
      case HYP_DONATE_HOST -> memProtect.pkvmHypDonateHost(it.page(), it.pages());
      case HYP_WRITE -> memProtect.hyp().hypWrite(it.page());
      case HYP_PIN -> pin(it.page());
      case FFA_SHARE -> ffa.map(proxy -> proxy.doFfaMemShare(it.page())).orElse(-Errno.EOPNOTSUPP);
      case FFA_RECLAIM -> ffa.map(proxy -> proxy.doFfaMemReclaim(it.page())).orElse(-Errno.EOPNOTSUPP);
      case SHARE_GUEST -> newest().pkvmHostShareGuest(it.page(), it.gfn());
      case UNSHARE_GUEST -> newest().pkvmHostUnshareGuest(it.gfn());
      default -> throw wrong(action);
    };
  }

  /** The hypervisor pins a page, reads it and lets it go. */
  private int pin(long page) {
    int ret = memProtect.hypPinSharedMem(page);
    if (ret == 0) {
      ret = memProtect.hyp().hypRead(page);
      memProtect.hypUnpinSharedMem(page);
    }
    return ret;
  }

  private MemProtectV612 newest() {
    if (memProtect instanceof MemProtectV612 newest) {
      return newest;
    }
    throw new IllegalStateException("guests need era v6.12");
  }

  /** What the guest executes for {@code action}; a store writes {@code token}. */
  static GuestInstruction guestInstruction(Action action, long token) {
    if (!(action instanceof PkvmAction it)) {
      throw wrong(action);
    }
    return switch (it.kind()) {
      case GUEST_LOAD -> GuestInstruction.load(it.gfn());
      case GUEST_STORE -> GuestInstruction.store(it.gfn(), token);
      default -> throw wrong(action);
    };
  }

  private static IllegalStateException wrong(Action action) {
    return new IllegalStateException(action + " is no action of this task under protected KVM");
  }
}
