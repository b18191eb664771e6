package io.stalemate.linux.arm64.nvhe;

import static io.stalemate.linux.Errno.E2BIG;
import static io.stalemate.linux.Errno.EINVAL;
import static io.stalemate.linux.Errno.ENOENT;
import static io.stalemate.linux.Errno.EPERM;

import io.stalemate.cpu.StageTwoGeometry;
import io.stalemate.cpu.StageTwoPte;
import io.stalemate.linux.arm64.KvmPgtable;
import io.stalemate.linux.arm64.PgtableProt;
import io.stalemate.linux.arm64.PgtableWalker;
import io.stalemate.machine.KernelFunction;
import io.stalemate.machine.Machine;
import io.stalemate.machine.WordArray;

/**
 * {@code mem_protect.c} of v6.12, which also lends pages to the secure world (since v6.4), and the newest text there
 * is: v6.14 lets the host share pages with guests that are not protected, one page even at several addresses.
 */
public class MemProtectV612 extends MemProtect {

  protected final PkvmHypVm vm;
  /** {@code hyp_page->host_share_guest_count} by page. Held: {@code host_mmu.lock}. */
  private final WordArray hostShareGuestCount;

  /** Transitions between {@code host}, {@code hyp}, the secure world and {@code vm}, the one guest. */
  public MemProtectV612(Machine m, HostMmu host, HypPgtable hyp, PkvmHypVm vm) {
    super(m, host, hyp);
    this.vm = vm;
    int pages = Math.toIntExact(hyp.pfnEnd() - hyp.pfnFirst());
    this.hostShareGuestCount = m.words("hyp_page->host_share_guest_count", pages);
  }

  /** The guest. */
  public PkvmHypVm vm() {
    return vm;
  }

  /** The host lends page {@code pfn} to the secure world. */
  @KernelFunction(
      value = "__pkvm_host_share_ffa",
      file = "arch/arm64/kvm/hyp/nvhe/mem_protect.c",
      version = "v6.4-v6.12",
      elided = "ranges")
  public int pkvmHostShareFfa(long pfn) {
    host.lock.lock();
    int ret = doShare(new PkvmMemTransition(PkvmComponent.HOST, PkvmComponent.FFA, pfn, 1));
    announce(PkvmCall.SHARE_FFA, pfn, 1, ret);
    host.lock.unlock();
    return ret;
  }

  /** The host has page {@code pfn} back from the secure world, which has agreed. */
  @KernelFunction(
      value = "__pkvm_host_unshare_ffa",
      file = "arch/arm64/kvm/hyp/nvhe/mem_protect.c",
      version = "v6.4-v6.12",
      elided = "ranges")
  public int pkvmHostUnshareFfa(long pfn) {
    host.lock.lock();
    int ret = doUnshare(new PkvmMemTransition(PkvmComponent.HOST, PkvmComponent.FFA, pfn, 1));
    announce(PkvmCall.UNSHARE_FFA, pfn, 1, ret);
    host.lock.unlock();
    return ret;
  }

  // The secure world checks and changes its own side when the FF-A call reaches it.
  @Override
  protected int ackShare(PkvmMemTransition tx) {
    return tx.completer() == PkvmComponent.FFA ? 0 : super.ackShare(tx);
  }

  @Override
  protected int completeShare(PkvmMemTransition tx) {
    return tx.completer() == PkvmComponent.FFA ? 0 : super.completeShare(tx);
  }

  @Override
  protected int ackUnshare(PkvmMemTransition tx) {
    return tx.completer() == PkvmComponent.FFA ? 0 : super.ackUnshare(tx);
  }

  @Override
  protected int completeUnshare(PkvmMemTransition tx) {
    return tx.completer() == PkvmComponent.FFA ? 0 : super.completeUnshare(tx);
  }

  /** The host lets the guest use page {@code pfn} at {@code gfn}; a page may be shared at several. */
  @KernelFunction(
      value = "__pkvm_host_share_guest",
      file = "arch/arm64/kvm/hyp/nvhe/mem_protect.c",
      version = "v6.14",
      elided = "the limit on the count; permissions: always RWX")
  public int pkvmHostShareGuest(long pfn, long gfn) {
    host.lock.lock();
    vm.lock.lock();
    int ret = shareGuest(pfn, gfn);
    announce(PkvmCall.SHARE_GUEST, pfn, gfn, ret);
    vm.lock.unlock();
    host.lock.unlock();
    return ret;
  }

  private int shareGuest(long pfn, long gfn) {
    int ret = guestCheckPageStateRange(gfn, PkvmPageState.NOPAGE);
    if (ret != 0) {
      return ret;
    }
    long size = StageTwoGeometry.PAGE_SIZE;
    long count = guestCount(pfn);
    if (host.hostCheckPageStateRange(address(pfn), size, PkvmPageState.OWNED) == 0) {
      ret = host.hostSetPageStateRange(address(pfn), size, PkvmPageState.SHARED_OWNED);
      m.warnOn(ret != 0, "__pkvm_host_share_guest: checked, but not shared");
    } else if (count == 0
        || host.hostCheckPageStateRange(address(pfn), size, PkvmPageState.SHARED_OWNED) != 0) {
      // Shared, but not with guests; or not the host's.
      return -EPERM;
    }
    int prot = PkvmPageState.SHARED_BORROWED.mkState(PgtableProt.RWX);
    ret = vm.pgtable().stage2Map(address(gfn), size, address(pfn), prot, vm.pool(), 0);
    m.warnOn(ret != 0, "__pkvm_host_share_guest: checked, but not mapped");
    setGuestCount(pfn, count + 1);
    return ret;
  }

  /** The host takes back the page that the guest uses at {@code gfn}. */
  @KernelFunction(
      value = "__pkvm_host_unshare_guest",
      file = "arch/arm64/kvm/hyp/nvhe/mem_protect.c",
      version = "v6.14")
  public int pkvmHostUnshareGuest(long gfn) {
    host.lock.lock();
    vm.lock.lock();
    KvmPgtable.Leaf leaf = vm.pgtable().getLeaf(address(gfn));
    int ret = checkHostSharedGuest(leaf);
    long pfn = StageTwoPte.valid(leaf.pte()) ? StageTwoPte.pfn(leaf.pte()) : 0;
    if (ret == 0) {
      ret = vm.pgtable().stage2Unmap(address(gfn), StageTwoGeometry.PAGE_SIZE);
      setGuestCount(pfn, guestCount(pfn) - 1);
      if (lastGuestShare(pfn)) {
        int owned = host.hostSetPageStateRange(address(pfn), StageTwoGeometry.PAGE_SIZE, PkvmPageState.OWNED);
        m.warnOn(owned != 0, "__pkvm_host_unshare_guest: unmapped, but not owned");
      }
    }
    announce(PkvmCall.UNSHARE_GUEST, pfn, gfn, ret);
    vm.lock.unlock();
    host.lock.unlock();
    return ret;
  }

  /** Whether no guest address has page {@code pfn} any more. Held: {@code host_mmu.lock}. */
  protected boolean lastGuestShare(long pfn) {
    return guestCount(pfn) == 0;
  }

  /** Whether {@code leaf} of the guest's table is one page that the host shares with guests. */
  @KernelFunction(
      value = "__check_host_shared_guest",
      file = "arch/arm64/kvm/hyp/nvhe/mem_protect.c",
      version = "v6.14")
  protected int checkHostSharedGuest(KvmPgtable.Leaf leaf) {
    if (!StageTwoPte.valid(leaf.pte())) {
      return -ENOENT;
    }
    if (leaf.level() != StageTwoGeometry.LAST_LEVEL) {
      return -E2BIG;
    }
    if (PkvmPageState.getState(leaf.pte()) != PkvmPageState.SHARED_BORROWED) {
      return -EPERM;
    }
    long pfn = StageTwoPte.pfn(leaf.pte());
    int ret =
        host.hostCheckPageStateRange(address(pfn), StageTwoGeometry.PAGE_SIZE, PkvmPageState.SHARED_OWNED);
    if (ret != 0) {
      return ret;
    }
    return m.warnOn(guestCount(pfn) == 0, "__check_host_shared_guest: no guest shares the page") ? -EINVAL : 0;
  }

  /** Whether the guest has its page {@code gfn} in state {@code state}: 0 or {@code -EPERM}. */
  @KernelFunction(
      value = "__guest_check_page_state_range",
      file = "arch/arm64/kvm/hyp/nvhe/mem_protect.c",
      version = "v6.14")
  protected int guestCheckPageStateRange(long gfn, PkvmPageState state) {
    vm.lock.assertHeld();
    return vm.pgtable().walk(address(gfn), StageTwoGeometry.PAGE_SIZE, new PgtableWalker((ctx, visit) -> {
      PkvmPageState is =
          StageTwoPte.valid(ctx.old()) ? PkvmPageState.getState(ctx.old()) : PkvmPageState.NOPAGE;
      return is == state ? 0 : -EPERM;
    }, PgtableWalker.LEAF));
  }

  /** How many guest addresses have page {@code pfn}; pages outside the hypervisor's memory have none. */
  protected final long guestCount(long pfn) {
    long index = pfn - hyp.pfnFirst();
    return index < 0 || index >= hostShareGuestCount.length()
        ? 0
        : hostShareGuestCount.at(Math.toIntExact(index)).read();
  }

  private void setGuestCount(long pfn, long count) {
    hostShareGuestCount.at(Math.toIntExact(pfn - hyp.pfnFirst())).write(count);
  }
}
