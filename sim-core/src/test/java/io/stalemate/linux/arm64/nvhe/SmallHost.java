package io.stalemate.linux.arm64.nvhe;

import io.stalemate.cpu.GuestCpu;
import io.stalemate.cpu.GuestInstruction;
import io.stalemate.cpu.StageTwoGeometry;
import io.stalemate.linux.Errno;
import io.stalemate.linux.arm64.KvmPgtable;
import io.stalemate.linux.kvm.Era;
import io.stalemate.machine.Gfp;
import io.stalemate.machine.Machine;
import io.stalemate.machine.PageUse;
import java.util.List;

/**
 * A machine behind protected KVM: memory from page 0x100 to 0x108, MMIO to 0x110, then memory that is carved out to
 * 0x118, MMIO from there. Blocks are eight pages.
 */
public final class SmallHost {

  /** Three levels of eight entries. */
  public static final StageTwoGeometry GEOMETRY = new StageTwoGeometry(3, 3);

  public static final long MEMORY = 0x100;
  public static final long MMIO = 0x108;
  public static final long NO_MAP = 0x110;
  public static final long END = 0x118;

  public final MemProtect memProtect;
  final HostMmu host;
  private final HostCpu cpu;

  /** The correct text of {@code era}, whose table has {@code poolPages}; frames have not been handed out before. */
  public SmallHost(Machine m, Era era, StageTwoGeometry geometry, int poolPages) {
    for (long page = MEMORY; page < END; page++) {
      if (m.pages().alloc(PageUse.USER, 1, Gfp.KERNEL) != page) {
        throw new IllegalStateException("the first frame is not page " + MEMORY);
      }
    }
    NvheText text = NvheText.of(era, geometry);
    HypMemory memory = new HypMemory(m, List.of(
        new HypMemory.Region(MEMORY, MMIO, false), new HypMemory.Region(NO_MAP, END, true)));
    host = text.hostMmu().link(m, text, memory, poolPages);
    HypPgtable hyp = new HypPgtable(m, MEMORY, END);
    memProtect = text.memProtect().link(m, host, hyp, new PkvmHypVm(m, text, 8));
    cpu = new HostCpu(m, host, new GuestCpu(m, 0, geometry));
    cpu.pkvmProtFinalize();
  }

  /** The host loads from {@code page}; yields 0 or a negative errno. */
  public int load(long page) {
    return cpu.execute(GuestInstruction.load(page));
  }

  /** The leaf of the host's table for {@code page}. */
  KvmPgtable.Leaf leaf(long page) {
    return host.pgtable().getLeaf(page << StageTwoGeometry.PAGE_SHIFT);
  }

  /** Performs the transition {@code word}; {@code gfn} is the guest's page, if it is about one. */
  public int call(String word, long page, long gfn) {
    return switch (word) {
      case "share-hyp", "share-hyp-v5.15" -> memProtect.pkvmHostShareHyp(page);
      case "unshare-hyp" -> memProtect.pkvmHostUnshareHyp(page);
      case "donate-hyp" -> memProtect.pkvmHostDonateHyp(page, 1);
      case "hyp-donate-host" -> memProtect.pkvmHypDonateHost(page, 1);
      case "pin" -> memProtect.hypPinSharedMem(page);
      case "unpin" -> {
        memProtect.hypUnpinSharedMem(page);
        yield 0;
      }
      case "share-ffa" -> newest().pkvmHostShareFfa(page);
      case "unshare-ffa" -> newest().pkvmHostUnshareFfa(page);
      case "share-guest" -> newest().pkvmHostShareGuest(page, gfn);
      case "unshare-guest" -> newest().pkvmHostUnshareGuest(gfn);
      case "host-abort" -> {
        int ret = host.handleHostMemAbort(0, 0, page << StageTwoGeometry.PAGE_SHIFT);
        yield ret == -Errno.EAGAIN ? 0 : ret;
      }
      default -> throw new IllegalArgumentException(word);
    };
  }

  private MemProtectV612 newest() {
    return (MemProtectV612) memProtect;
  }
}
