package io.stalemate.linux.arm64;

import static io.stalemate.linux.Errno.EBUSY;
import static io.stalemate.linux.Errno.EFAULT;
import static io.stalemate.linux.Errno.EINVAL;

import io.stalemate.cpu.StageTwoGeometry;
import io.stalemate.linux.kvm.Kvm;
import io.stalemate.linux.kvm.KvmMemorySlot;
import io.stalemate.linux.kvm.KvmPfn;
import io.stalemate.machine.KernelFunction;
import io.stalemate.machine.Machine;
import io.stalemate.machine.Pages;
import io.stalemate.machine.Tracepoint;
import java.util.Optional;

/**
 * {@code KVM_ARM_MTE_COPY_TAGS}: a VMM reads and writes the tags of guest memory without mapping it tagged. Follows
 * {@code arch/arm64/kvm/guest.c} of v6.12; {@link MteCopyTagsV62} and {@link MteCopyTagsV515} are the older ones.
 *
 * <p>Who protects what: {@code slots_lock} the memslots, for the whole loop; the reference that GUP takes the page,
 * which makes reclaim and migration give up; nobody the way from gfn to page, so that tags written while the VMM itself
 * puts another page there belong to the old one. vCPUs may run: that is what the ioctl is for.
 */
public class MteCopyTags {

  /** Tag words of a page, {@code MTE_GRANULES_PER_PAGE} in the kernel. */
  protected static final int TAGS_PER_PAGE = Pages.TAG_WORDS;

  protected final Kvm kvm;
  protected final Machine m;

  /** The ioctl of {@code kvm}. */
  public MteCopyTags(Kvm kvm) {
    this.kvm = kvm;
    this.m = kvm.m;
  }

  /**
   * Copies tags. Sleeps; takes slots_lock.
   *
   * @return bytes of guest memory whose tags were copied, if any; else -EINVAL for a VM without tags or bad arguments,
   *     -EBUSY for a write while dirty pages are logged, -EFAULT for memory of guest or user that is not there
   */
  @KernelFunction(value = "kvm_vm_ioctl_mte_copy_tags", file = "arch/arm64/kvm/guest.c", version = "v6.12")
  public long kvmVmIoctlMteCopyTags(CopyMteTags copyTags) {
    int refused = refuse(copyTags);
    if (refused != 0) {
      return refused;
    }
    m.trace(Tracepoint.MTE_COPY, gfn(copyTags.guestIpa()), copyTags.length(), copyTags.write() ? 1 : 0, 0);
    lockSlots();
    long ret = copyTags.write() && refuseWrite() ? -EBUSY : copyPages(copyTags);
    unlockSlots();
    m.trace(Tracepoint.MTE_COPY_DONE, gfn(copyTags.guestIpa()), ret);
    return ret;
  }

  /** The checks of the arguments, in order. */
  protected int refuse(CopyMteTags copyTags) {
    if (!KvmMte.kvmHasMte(kvm)) {
      return -EINVAL;
    }
    if (copyTags.reserved0() != 0 || copyTags.reserved1() != 0) {
      return -EINVAL;
    }
    if ((copyTags.flags() & ~CopyMteTags.TAGS_FROM_GUEST) != 0) {
      return -EINVAL;
    }
    long offset = StageTwoGeometry.PAGE_SIZE - 1;
    if ((copyTags.length() & offset) != 0 || (copyTags.guestIpa() & offset) != 0) {
      return -EINVAL;
    }
    return tooLong(copyTags.length()) ? -EINVAL : 0;
  }

  /** Whether the unsigned {@code length} is above INT_MAX, and the result might look like an errno (2def950c63e3). */
  protected boolean tooLong(long length) {
    return length < 0 || length > Integer.MAX_VALUE;
  }

  /** Takes the lock that keeps memslots as they are: taken for the whole loop, not only for the lookups. */
  protected void lockSlots() {
    kvm.slotsLock.lock();
  }

  /** Lets go of it. */
  protected void unlockSlots() {
    kvm.slotsLock.unlock();
  }

  /** Whether writes are refused: they would not be in the dirty log, and a migration would miss them (e0b7de4fd18c). */
  protected boolean refuseWrite() {
    return kvm.nrMemslotsDirtyLogging.readOnce() != 0;
  }

  private long copyPages(CopyMteTags copyTags) {
    // elided: a fatal signal between pages
    long gfn = gfn(copyTags.guestIpa());
    int at = 0;
    for (long left = copyTags.length(); left != 0; left -= StageTwoGeometry.PAGE_SIZE) {
      KvmPfn pfn = gfnToPfnProt(gfn, copyTags.write());
      int ret = pfn.isErrorNoslot() ? noPage() : copyPage(copyTags, gfn, pfn.pfn(), at) ? 0 : -EFAULT;
      if (ret != 0) {
        return stopped(copyTags.length() - left, ret);
      }
      gfn++;
      at += TAGS_PER_PAGE;
    }
    return finished(copyTags.length());
  }

  /** The errno for a gfn that no page is behind. */
  protected int noPage() {
    return -EFAULT;
  }

  /** The result of a copy that {@code ret} ended: what was copied counts, and the next call meets the error first. */
  protected long stopped(long copied, int ret) {
    return copied != 0 ? copied : ret;
  }

  /** The result of a complete copy. */
  protected long finished(long length) {
    return length;
  }

  /** Yields the page behind {@code gfn} with a reference. Held: slots_lock. */
  @KernelFunction(value = "gfn_to_pfn_prot", file = "virt/kvm/kvm_main.c", version = "v5.15-v6.12")
  protected KvmPfn gfnToPfnProt(long gfn, boolean write) {
    return kvm.gfnToPfn.gfnToPfnMemslot(gfnToMemslot(gfn), gfn, write);
  }

  /** The slot around {@code gfn}. Held: slots_lock, in place of srcu. */
  protected Optional<KvmMemorySlot> gfnToMemslot(long gfn) {
    return kvm.memslots.gfnToMemslotLocked(gfn);
  }

  /** Copies one page's tags and drops its reference; yields whether all were copied. */
  private boolean copyPage(CopyMteTags copyTags, long gfn, long pfn, int at) {
    // elided: pages that pfn_to_online_page() refuses (ZONE_DEVICE): all frames here are ordinary memory
    if (copyTags.write()) {
      boolean all = writePage(copyTags.addr(), gfn, pfn, at);
      // kvm_release_pfn_dirty()
      kvm.gfnToPfn.setPfnDirty(pfn);
      kvm.gfnToPfn.releasePfnClean(pfn);
      return all;
    }
    boolean all = readPage(copyTags.addr(), gfn, pfn, at);
    kvm.gfnToPfn.releasePfnClean(pfn);
    return all;
  }

  /** Gives user space a page's tags: zeros if they are not the page's own, whatever the frame holds. */
  protected boolean readPage(UserTags user, long gfn, long pfn, int at) {
    return KvmMte.mte(kvm).pageMteTagged(pfn)
        ? mteCopyTagsToUser(user, gfn, pfn, at) == TAGS_PER_PAGE
        : clearUser(user, gfn, pfn, at) == TAGS_PER_PAGE;
  }

  /** Overwrites a page's tags with the user's. */
  protected boolean writePage(UserTags user, long gfn, long pfn, int at) {
    // For its locking alone: nobody may initialise the tags at the same time. Overwritten are they in any case.
    KvmMte.mte(kvm).tryPageMteTagging(pfn);
    int copied = mteCopyTagsFromUser(user, gfn, pfn, at);
    if (copied != TAGS_PER_PAGE) {
      // Some are the user's now and the others stale: none is left.
      KvmMte.mte(kvm).mteGiveUpPageTags(pfn);
    }
    markTagged(pfn);
    return copied == TAGS_PER_PAGE;
  }

  /** Says that the page has tags, or the next fault would clear them. */
  protected void markTagged(long pfn) {
    KvmMte.mte(kvm).setPageMteTagged(pfn);
  }

  /** Yields how many tag words user space took. */
  @KernelFunction(value = "mte_copy_tags_to_user", file = "arch/arm64/lib/mte.S", version = "v5.15-v6.12",
      elided = "faults of the user's memory that the host can serve")
  protected final int mteCopyTagsToUser(UserTags user, long gfn, long pfn, int at) {
    for (int i = 0; i < TAGS_PER_PAGE; i++) {
      if (user.faults(at + i)) {
        return i;
      }
      long tag = m.pages().tags(pfn).at(i).readOnce();
      user.put(at + i, tag);
      m.trace(Tracepoint.MTE_TAG_READ, gfn, pfn, i, tag);
    }
    return TAGS_PER_PAGE;
  }

  /** The same for a page without tags. */
  private int clearUser(UserTags user, long gfn, long pfn, int at) {
    for (int i = 0; i < TAGS_PER_PAGE; i++) {
      if (user.faults(at + i)) {
        return i;
      }
      user.put(at + i, 0);
      m.trace(Tracepoint.MTE_TAG_READ, gfn, pfn, i, 0);
    }
    return TAGS_PER_PAGE;
  }

  /** Yields how many tag words were stored. */
  @KernelFunction(value = "mte_copy_tags_from_user", file = "arch/arm64/lib/mte.S", version = "v5.15-v6.12",
      elided = "faults of the user's memory that the host can serve")
  protected final int mteCopyTagsFromUser(UserTags user, long gfn, long pfn, int at) {
    for (int i = 0; i < TAGS_PER_PAGE; i++) {
      if (user.faults(at + i)) {
        return i;
      }
      m.trace(Tracepoint.MTE_TAG_WRITE, gfn, pfn, i, user.get(at + i));
      m.pages().tags(pfn).at(i).writeOnce(user.get(at + i));
    }
    return TAGS_PER_PAGE;
  }

  private static long gfn(long ipa) {
    return ipa >>> StageTwoGeometry.PAGE_SHIFT;
  }
}
