package io.stalemate.linux.arm64.nvhe;

import static io.stalemate.linux.Errno.EBUSY;
import static io.stalemate.linux.Errno.EINVAL;

import io.stalemate.cpu.StageTwoGeometry;
import io.stalemate.machine.KernelFunction;
import io.stalemate.machine.Machine;
import io.stalemate.machine.Tracepoint;

/**
 * {@code mem_protect.c} of v6.2: pages are shared with the hypervisor, taken back, given to it and returned. A
 * transition takes the locks of both sides, checks who initiates, checks who completes, and only then changes anything,
 * so that it happens as a whole or not at all.
 *
 * <p>Pages are frame numbers; results are 0 or a negative errno. What checks the completer costs a walk that the kernel
 * saves where the other side's state already decides; the model always checks.
 */
public class MemProtect {

  protected final Machine m;
  protected final HostMmu host;
  protected final HypPgtable hyp;

  /** Transitions between {@code host} and {@code hyp}. */
  public MemProtect(Machine m, HostMmu host, HypPgtable hyp) {
    this.m = m;
    this.host = host;
    this.hyp = hyp;
  }

  /** The host's side. */
  public HostMmu host() {
    return host;
  }

  /** The hypervisor's side. */
  public HypPgtable hyp() {
    return hyp;
  }

  /** The host lets the hypervisor use page {@code pfn}. */
  @KernelFunction(
      value = "__pkvm_host_share_hyp",
      file = "arch/arm64/kvm/hyp/nvhe/mem_protect.c",
      version = "v6.2-v6.12")
  public int pkvmHostShareHyp(long pfn) {
    lockComponents();
    int ret = doShare(new PkvmMemTransition(PkvmComponent.HOST, PkvmComponent.HYP, pfn, 1));
    announce(PkvmCall.SHARE_HYP, pfn, 1, ret);
    unlockComponents();
    return ret;
  }

  /** The host takes back page {@code pfn}, which the hypervisor used. */
  @KernelFunction(
      value = "__pkvm_host_unshare_hyp",
      file = "arch/arm64/kvm/hyp/nvhe/mem_protect.c",
      version = "v6.2-v6.12")
  public int pkvmHostUnshareHyp(long pfn) {
    lockComponents();
    int ret = doUnshare(new PkvmMemTransition(PkvmComponent.HOST, PkvmComponent.HYP, pfn, 1));
    announce(PkvmCall.UNSHARE_HYP, pfn, 1, ret);
    unlockComponents();
    return ret;
  }

  /** The host gives {@code nrPages} pages from {@code pfn} to the hypervisor. */
  @KernelFunction(
      value = "__pkvm_host_donate_hyp",
      file = "arch/arm64/kvm/hyp/nvhe/mem_protect.c",
      version = "v6.2-v6.12")
  public int pkvmHostDonateHyp(long pfn, long nrPages) {
    lockComponents();
    int ret = doDonate(new PkvmMemTransition(PkvmComponent.HOST, PkvmComponent.HYP, pfn, nrPages));
    announce(PkvmCall.DONATE_HYP, pfn, nrPages, ret);
    unlockComponents();
    return ret;
  }

  /** The hypervisor gives {@code nrPages} pages from {@code pfn} to the host. */
  @KernelFunction(
      value = "__pkvm_hyp_donate_host",
      file = "arch/arm64/kvm/hyp/nvhe/mem_protect.c",
      version = "v6.2-v6.12")
  public int pkvmHypDonateHost(long pfn, long nrPages) {
    lockComponents();
    int ret = doDonate(new PkvmMemTransition(PkvmComponent.HYP, PkvmComponent.HOST, pfn, nrPages));
    announce(PkvmCall.HYP_DONATE_HOST, pfn, nrPages, ret);
    unlockComponents();
    return ret;
  }

  /** The hypervisor holds on to page {@code pfn}, which the host shares with it: it cannot be taken back meanwhile. */
  @KernelFunction(
      value = "hyp_pin_shared_mem",
      file = "arch/arm64/kvm/hyp/nvhe/mem_protect.c",
      version = "v6.2-v6.12",
      elided = "ranges")
  public int hypPinSharedMem(long pfn) {
    PkvmMemTransition tx = new PkvmMemTransition(PkvmComponent.HOST, PkvmComponent.HYP, pfn, 1);
    lockComponents();
    int ret = host.hostCheckPageStateRange(tx.addr(), tx.size(), PkvmPageState.SHARED_OWNED);
    if (ret == 0) {
      ret = hyp.hypCheckPageStateRange(tx, PkvmPageState.SHARED_BORROWED);
    }
    if (ret == 0) {
      hyp.addPageRefs(pfn, 1);
    }
    announce(PkvmCall.PIN, pfn, 1, ret);
    unlockComponents();
    return ret;
  }

  /** Lets go of page {@code pfn}, which the caller pinned. */
  @KernelFunction(
      value = "hyp_unpin_shared_mem",
      file = "arch/arm64/kvm/hyp/nvhe/mem_protect.c",
      version = "v6.2-v6.12",
      elided = "ranges")
  public void hypUnpinSharedMem(long pfn) {
    lockComponents();
    hyp.addPageRefs(pfn, -1);
    announce(PkvmCall.UNPIN, pfn, 1, 0);
    unlockComponents();
  }

  /** The locks of a transition between host and hypervisor, the host's first. */
  protected void lockComponents() {
    host.lock.lock();
    hyp.lock.lock();
  }

  /** See {@link #lockComponents}. */
  protected void unlockComponents() {
    hyp.lock.unlock();
    host.lock.unlock();
  }

  /** {@code do_share()}: OWNED becomes SHARED_OWNED, and NOPAGE SHARED_BORROWED. */
  @KernelFunction(value = "do_share", file = "arch/arm64/kvm/hyp/nvhe/mem_protect.c", version = "v6.2-v6.12")
  protected int doShare(PkvmMemTransition tx) {
    int ret = host.hostCheckPageStateRange(tx.addr(), tx.size(), PkvmPageState.OWNED);
    if (ret == 0) {
      ret = ackShare(tx);
    }
    if (ret != 0) {
      return ret;
    }
    ret = host.hostSetPageStateRange(tx.addr(), tx.size(), PkvmPageState.SHARED_OWNED);
    return halfDone(ret != 0 ? ret : completeShare(tx), "do_share");
  }

  /** Checks who is to use the pages. */
  @KernelFunction(value = "hyp_ack_share", file = "arch/arm64/kvm/hyp/nvhe/mem_protect.c", version = "v6.2-v6.12")
  protected int ackShare(PkvmMemTransition tx) {
    return tx.completer() == PkvmComponent.HYP ? hyp.hypCheckPageStateRange(tx, PkvmPageState.NOPAGE) : -EINVAL;
  }

  /** Lets it use them. */
  @KernelFunction(value = "hyp_complete_share", file = "arch/arm64/kvm/hyp/nvhe/mem_protect.c", version = "v6.2-v6.12")
  protected int completeShare(PkvmMemTransition tx) {
    return hyp.pkvmCreateMappingsLocked(tx, PkvmPageState.SHARED_BORROWED);
  }

  /** {@code do_unshare()}: SHARED_OWNED becomes OWNED, and SHARED_BORROWED NOPAGE. */
  @KernelFunction(value = "do_unshare", file = "arch/arm64/kvm/hyp/nvhe/mem_protect.c", version = "v6.2-v6.12")
  protected int doUnshare(PkvmMemTransition tx) {
    int ret = host.hostCheckPageStateRange(tx.addr(), tx.size(), PkvmPageState.SHARED_OWNED);
    if (ret == 0) {
      ret = ackUnshare(tx);
    }
    if (ret != 0) {
      return ret;
    }
    ret = host.hostSetPageStateRange(tx.addr(), tx.size(), PkvmPageState.OWNED);
    return halfDone(ret != 0 ? ret : completeUnshare(tx), "do_unshare");
  }

  /** Checks who used the pages: the hypervisor must not hold on to one, and it must have been the hypervisor. */
  @KernelFunction(value = "hyp_ack_unshare", file = "arch/arm64/kvm/hyp/nvhe/mem_protect.c", version = "v6.2-v6.12")
  protected int ackUnshare(PkvmMemTransition tx) {
    if (tx.completer() != PkvmComponent.HYP) {
      return -EINVAL;
    }
    for (long pfn = tx.pfn(); pfn < tx.pfn() + tx.nrPages(); pfn++) {
      if (hyp.pageCount(pfn) != 0) {
        return -EBUSY;
      }
    }
    return hypAckUnshareState(tx);
  }

  /** The state half of {@code hyp_ack_unshare()} (ae8bd85ca8ac): others than the hypervisor borrow pages too. */
  protected int hypAckUnshareState(PkvmMemTransition tx) {
    return hyp.hypCheckPageStateRange(tx, PkvmPageState.SHARED_BORROWED);
  }

  /** Takes the pages from who used them. */
  @KernelFunction(
      value = "hyp_complete_unshare",
      file = "arch/arm64/kvm/hyp/nvhe/mem_protect.c",
      version = "v6.2-v6.12")
  protected int completeUnshare(PkvmMemTransition tx) {
    return hyp.kvmPgtableHypUnmap(tx);
  }

  /** {@code do_donate()}: OWNED becomes NOPAGE, and NOPAGE OWNED. */
  @KernelFunction(value = "do_donate", file = "arch/arm64/kvm/hyp/nvhe/mem_protect.c", version = "v6.2-v6.12")
  protected int doDonate(PkvmMemTransition tx) {
    boolean byHost = tx.initiator() == PkvmComponent.HOST;
    PkvmPageState ofHost = byHost ? PkvmPageState.OWNED : PkvmPageState.NOPAGE;
    PkvmPageState ofHyp = byHost ? PkvmPageState.NOPAGE : PkvmPageState.OWNED;
    // Whoever initiates is asked first.
    int ret = byHost
        ? host.hostCheckPageStateRange(tx.addr(), tx.size(), ofHost)
        : hyp.hypCheckPageStateRange(tx, ofHyp);
    if (ret == 0) {
      ret = byHost
          ? hyp.hypCheckPageStateRange(tx, ofHyp)
          : host.hostCheckPageStateRange(tx.addr(), tx.size(), ofHost);
    }
    if (ret != 0) {
      return ret;
    }
    // The one that loses the pages is cut off before the other gets them.
    ret = byHost
        ? host.hostStage2SetOwnerLocked(tx.addr(), tx.size(), PkvmComponent.HYP)
        : hyp.kvmPgtableHypUnmap(tx);
    if (ret == 0) {
      ret = byHost
          ? hyp.pkvmCreateMappingsLocked(tx, PkvmPageState.OWNED)
          : host.hostStage2SetOwnerLocked(tx.addr(), tx.size(), PkvmComponent.HOST);
    }
    return halfDone(ret, "do_donate");
  }

  /** A transition that fails after its checks leaves the two sides in disagreement: the kernel warns. */
  private int halfDone(int ret, String what) {
    m.warnOn(ret != 0, what + ": checked, but not done");
    return ret;
  }

  /** Announces what a transition came to, while its locks are held. */
  protected void announce(PkvmCall call, long pfn, long arg, int ret) {
    m.trace(Tracepoint.PKVM_TRANSITION, call.ordinal(), pfn, arg, ret);
  }

  /** First byte of page {@code pfn}. */
  protected static long address(long pfn) {
    return pfn << StageTwoGeometry.PAGE_SHIFT;
  }
}
