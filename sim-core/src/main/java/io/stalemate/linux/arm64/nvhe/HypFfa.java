package io.stalemate.linux.arm64.nvhe;

import static io.stalemate.linux.Errno.EINVAL;

import io.stalemate.machine.KernelFunction;
import io.stalemate.machine.Machine;
import io.stalemate.machine.Spinlock;
import io.stalemate.machine.WordArray;

/**
 * {@code ffa.c}: the host's calls to the secure world pass the hypervisor, which lends and takes back the pages. model:
 * one page a call, FF-A's status codes as errnos, and a secure world that only remembers which pages it has.
 */
public class HypFfa {

  private final MemProtectV612 memProtect;
  private final Machine m;
  private final Spinlock lock;
  private final long pfnFirst;
  /** What the secure world has, by page. Held: {@code host_buffers.lock}. */
  private final WordArray secure;

  /** The proxy for the transitions of {@code memProtect}. */
  public HypFfa(MemProtectV612 memProtect) {
    this.memProtect = memProtect;
    this.m = memProtect.m;
    this.pfnFirst = memProtect.hyp().pfnFirst();
    this.lock = m.spinlock("host_buffers.lock");
    this.secure = m.words("secure_world", Math.toIntExact(memProtect.hyp().pfnEnd() - pfnFirst));
  }

  /** {@code FFA_MEM_SHARE} of page {@code pfn}. */
  @KernelFunction(
      value = "do_ffa_mem_xfer",
      file = "arch/arm64/kvm/hyp/nvhe/ffa.c",
      version = "v6.4-v6.12",
      elided = "descriptors, fragments")
  public int doFfaMemShare(long pfn) {
    lock.lock();
    int ret = memProtect.pkvmHostShareFfa(pfn);
    if (ret == 0) {
      secure.at(index(pfn)).write(1);
    }
    lock.unlock();
    return ret;
  }

  /** {@code FFA_MEM_RECLAIM} of page {@code pfn}: the secure world is asked first, {@code -EINVAL} if it has it not. */
  @KernelFunction(
      value = "do_ffa_mem_reclaim",
      file = "arch/arm64/kvm/hyp/nvhe/ffa.c",
      version = "v6.4-v6.12",
      elided = "descriptors, fragments")
  public int doFfaMemReclaim(long pfn) {
    lock.lock();
    int ret = -EINVAL;
    if (memProtect.hyp().keeps(pfn) && secure.at(index(pfn)).read() != 0) {
      secure.at(index(pfn)).write(0);
      ret = memProtect.pkvmHostUnshareFfa(pfn);
      m.warnOn(ret != 0, "do_ffa_mem_reclaim: reclaimed, but not unshared");
    }
    lock.unlock();
    return ret;
  }

  private int index(long pfn) {
    return Math.toIntExact(pfn - pfnFirst);
  }
}
