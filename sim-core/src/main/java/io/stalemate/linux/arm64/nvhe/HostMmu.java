package io.stalemate.linux.arm64.nvhe;

import static io.stalemate.linux.Errno.EAGAIN;
import static io.stalemate.linux.Errno.EINVAL;
import static io.stalemate.linux.Errno.ENOMEM;
import static io.stalemate.linux.Errno.EPERM;

import io.stalemate.cpu.StageTwoGeometry;
import io.stalemate.cpu.StageTwoPte;
import io.stalemate.linux.arm64.KvmPgtable;
import io.stalemate.linux.arm64.PgtableProt;
import io.stalemate.linux.arm64.PgtableWalker;
import io.stalemate.machine.KernelFunction;
import io.stalemate.machine.Machine;
import io.stalemate.machine.Spinlock;
import io.stalemate.machine.Tracepoint;
import java.util.function.IntSupplier;

/**
 * {@code struct host_mmu}: the host's stage-2 table, an identity map that is built as the host touches pages. Blocks
 * serve where a whole one is the host's; whatever cannot be rebuilt from nothing is kept page by page.
 *
 * <p>Addresses are in bytes; results are 0 or a negative errno. Held: {@link #lock}, but for {@link
 * #handleHostMemAbort}.
 */
public class HostMmu {

  /** The host's VMID. */
  public static final int VMID = 0;

  /** {@code PKVM_HOST_MEM_PROT}: how the host gets its memory. */
  public static final int PKVM_HOST_MEM_PROT = PgtableProt.RWX;

  /** {@code PKVM_HOST_MMIO_PROT}: how it gets everything else. */
  public static final int PKVM_HOST_MMIO_PROT = PgtableProt.R | PgtableProt.W | PgtableProt.DEVICE;

  private static final int KVM_HOST_S2_FLAGS = KvmPgtable.S2_NOFWB | KvmPgtable.S2_IDMAP;

  /** {@code host_mmu.lock}. */
  public final Spinlock lock;

  protected final Machine m;
  protected final HypMemory memory;
  protected final StageTwoGeometry geometry;
  protected final KvmPgtable pgt;
  protected final HypPool pool;

  /** An empty table of {@code nvhe}'s text, whose pages come from a pool of {@code poolPages}. Set-up only. */
  public HostMmu(Machine m, NvheText nvhe, HypMemory memory, int poolPages) {
    this.m = m;
    this.memory = memory;
    this.geometry = nvhe.geometry();
    this.lock = m.spinlock("host_mmu.lock");
    this.pool = new HypPool(m, VMID, geometry, poolPages);
    this.pgt = nvhe.pgtable(m, pool, VMID, KVM_HOST_S2_FLAGS, this::hostStage2ForcePteCb);
    m.trace(Tracepoint.S2_ROOT, VMID, pgt.pgd());
  }

  /** The table. */
  public KvmPgtable pgtable() {
    return pgt;
  }

  /** The hypervisor's list of memory. */
  public HypMemory memory() {
    return memory;
  }

  /**
   * The stage-2 abort of a host CPU.
   *
   * @return 0 or {@code -EAGAIN} if the host is to try again, {@code -EPERM} if the page is not the host's
   */
  @KernelFunction(
      value = "handle_host_mem_abort",
      file = "arch/arm64/kvm/hyp/nvhe/mem_protect.c",
      version = "v5.15-v6.12",
      elided = "reading FAR and HPFAR, which can fail if the host's own tables change")
  public int handleHostMemAbort(int cpu, long esr, long ipa) {
    m.trace(Tracepoint.HOST_MEM_ABORT, cpu, ipa, esr, 0);
    int ret = hostStage2Idmap(ipa);
    // model: the kernel panics on any other error; here the access ends with it, and oracles judge
    m.trace(Tracepoint.HOST_MEM_ABORT_DONE, cpu, ipa, ret, 0);
    return ret;
  }

  /** Maps the largest block around {@code addr} that is all the host's. */
  @KernelFunction(
      value = "host_stage2_idmap",
      file = "arch/arm64/kvm/hyp/nvhe/mem_protect.c",
      version = "v5.15-v6.12")
  protected int hostStage2Idmap(long addr) {
    int prot = memory.addrIsMemory(addr) ? PKVM_HOST_MEM_PROT : PKVM_HOST_MMIO_PROT;
    lock.lock();
    int ret = hostStage2AdjustedIdmap(addr, prot);
    lock.unlock();
    return ret;
  }

  private int hostStage2AdjustedIdmap(long addr, int prot) {
    long[] range = new long[2];
    int ret = hostStage2AdjustRange(addr, range);
    return ret != 0 ? ret : hostStage2IdmapLocked(range[0], range[1] - range[0], prot);
  }

  /**
   * The range to map for a fault at {@code addr}.
   *
   * @param range takes its first byte and the byte after it
   * @return {@code -EAGAIN} if another CPU mapped it meanwhile, {@code -EPERM} if the entry says another owner
   */
  @KernelFunction(
      value = "host_stage2_adjust_range",
      file = "arch/arm64/kvm/hyp/nvhe/mem_protect.c",
      version = "v5.15-v6.12")
  protected int hostStage2AdjustRange(long addr, long[] range) {
    lock.assertHeld();
    KvmPgtable.Leaf leaf = pgt.getLeaf(addr);
    if (StageTwoPte.valid(leaf.pte())) {
      return validLeafFound();
    }
    if (leaf.pte() != 0 && otherOwnerFound()) {
      return -EPERM;
    }
    HypMemory.Range region = memory.findMemRange(addr);
    int level = leaf.level();
    HypMemory.Range cur;
    do {
      long start = geometry.entryStart(addr, level);
      cur = new HypMemory.Range(start, start + geometry.granule(level));
      level++;
    } while (level <= StageTwoGeometry.LAST_LEVEL && !(supportsBlocks(level) && region.includes(cur)));
    range[0] = cur.start();
    range[1] = cur.end();
    return 0;
  }

  /** The translation is there: another CPU was faster, and this one has only to try again. */
  protected int validLeafFound() {
    return -EAGAIN;
  }

  /** An entry that is invalid but not empty says that the page is not the host's: whether the abort ends there. */
  protected boolean otherOwnerFound() {
    return true;
  }

  /** {@code kvm_level_supports_block_mapping()}: the format has no blocks at level 0. */
  private static boolean supportsBlocks(int level) {
    return level > 0;
  }

  /** Maps {@code size} bytes at {@code addr} to themselves. */
  @KernelFunction(
      value = "host_stage2_idmap_locked",
      file = "arch/arm64/kvm/hyp/nvhe/mem_protect.c",
      version = "v5.15-v6.12")
  public int hostStage2IdmapLocked(long addr, long size, int prot) {
    return hostStage2Try(() -> pgt.stage2Map(addr, size, addr, prot, pool, 0));
  }

  /** Notes {@code owner} as the owner of {@code size} bytes at {@code addr}; the host's mapping of them goes. */
  @KernelFunction(
      value = "host_stage2_set_owner_locked",
      file = "arch/arm64/kvm/hyp/nvhe/mem_protect.c",
      version = "v5.15-v6.12")
  public int hostStage2SetOwnerLocked(long addr, long size, PkvmComponent owner) {
    return hostStage2Try(() -> pgt.stage2SetOwner(addr, size, pool, owner.ordinal()));
  }

  /**
   * {@code host_stage2_try()}. The pool suffices for all memory in pages; how much MMIO the host will touch nobody
   * knows, so that the tables of MMIO are dropped when the pool is empty.
   */
  @KernelFunction(value = "host_stage2_try", file = "arch/arm64/kvm/hyp/nvhe/mem_protect.c", version = "v5.15-v6.12")
  protected int hostStage2Try(IntSupplier fn) {
    lock.assertHeld();
    int ret = fn.getAsInt();
    if (ret == -ENOMEM) {
      ret = hostStage2UnmapDevAll();
      if (ret == 0) {
        ret = fn.getAsInt();
      }
    }
    return ret;
  }

  /** Unmaps all that is no memory: it can be mapped again when it is touched. */
  @KernelFunction(
      value = "host_stage2_unmap_dev_all",
      file = "arch/arm64/kvm/hyp/nvhe/mem_protect.c",
      version = "v5.15-v6.12")
  protected int hostStage2UnmapDevAll() {
    long addr = 0;
    for (HypMemory.Region region : memory.regions()) {
      HypMemory.Range range = HypMemory.bytes(region);
      int ret = pgt.stage2Unmap(addr, range.start() - addr);
      if (ret != 0) {
        return ret;
      }
      addr = range.end();
    }
    return pgt.stage2Unmap(addr, (1L << geometry.ipaBits()) - addr);
  }

  /**
   * Whether {@code prot} must be mapped page by page. A block goes whole when one page of it changes, and is rebuilt
   * from nothing by later faults: that works for nothing but the default permissions.
   */
  @KernelFunction(
      value = "host_stage2_force_pte_cb",
      file = "arch/arm64/kvm/hyp/nvhe/mem_protect.c",
      version = "v5.15-v6.12")
  protected boolean hostStage2ForcePteCb(long addr, long end, int prot) {
    return prot != (memory.rangeIsMemory(addr, end) ? PKVM_HOST_MEM_PROT : PKVM_HOST_MMIO_PROT);
  }

  /**
   * Whether every page of {@code size} bytes at {@code addr} is the host's in state {@code state}: 0 or
   * {@code -EPERM}, {@code -EINVAL} for a range that does not lie in one region.
   */
  @KernelFunction(
      value = "__host_check_page_state_range",
      file = "arch/arm64/kvm/hyp/nvhe/mem_protect.c",
      version = "v6.2-v6.12")
  public int hostCheckPageStateRange(long addr, long size, PkvmPageState state) {
    lock.assertHeld();
    int ret = checkRangeAllowedMemory(addr, addr + size);
    return ret != 0 ? ret : pgt.walk(addr, size, new PgtableWalker(
        (ctx, visit) -> hostGetPageState(ctx.old(), ctx.addr()) == state ? 0 : -EPERM, PgtableWalker.LEAF));
  }

  /**
   * Whether the bytes from {@code start} to {@code end} lie in one region of memory that may change hands. model:
   * in all eras, since an empty entry above a region's end is visited once and asks for its first page alone.
   */
  @KernelFunction(
      value = "check_range_allowed_memory",
      file = "arch/arm64/kvm/hyp/nvhe/mem_protect.c",
      version = "v6.14")
  protected int checkRangeAllowedMemory(long start, long end) {
    if (!memory.findMemRange(start).contains(end - 1)) {
      return -EINVAL;
    }
    return mayChangeHands(start) ? 0 : -EPERM;
  }

  /** The host's state of the page at {@code addr}, whose entry is {@code pte}. Empty entries are memory not touched. */
  @KernelFunction(
      value = "host_get_page_state",
      file = "arch/arm64/kvm/hyp/nvhe/mem_protect.c",
      version = "v6.4-v6.12")
  protected PkvmPageState hostGetPageState(long pte, long addr) {
    if (!mayChangeHands(addr)) {
      return PkvmPageState.NOPAGE;
    }
    if (!StageTwoPte.valid(pte) && pte != 0) {
      return PkvmPageState.NOPAGE;
    }
    return PkvmPageState.getState(pte);
  }

  /** Whether the page at {@code addr} can take part in transitions. */
  protected boolean mayChangeHands(long addr) {
    return memory.addrIsAllowedMemory(addr);
  }

  /** Gives {@code size} bytes at {@code addr}, which the host has, the state {@code state}. */
  @KernelFunction(
      value = "__host_set_page_state_range",
      file = "arch/arm64/kvm/hyp/nvhe/mem_protect.c",
      version = "v6.2-v6.12")
  public int hostSetPageStateRange(long addr, long size, PkvmPageState state) {
    return hostStage2IdmapLocked(addr, size, state.mkState(PKVM_HOST_MEM_PROT));
  }
}
