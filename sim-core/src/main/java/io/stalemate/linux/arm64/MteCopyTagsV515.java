package io.stalemate.linux.arm64;

import io.stalemate.linux.kvm.Kvm;
import io.stalemate.machine.KernelFunction;

/**
 * The ioctl as merged in v5.14 (f0376edb1ddc). It says that a page has tags only after all of them were written, and
 * takes no bit before: a fault in between clears them again, which v6.2 ended (d77e59a8fccd).
 */
public class MteCopyTagsV515 extends MteCopyTagsV62 {

  /** The ioctl of {@code kvm}. */
  public MteCopyTagsV515(Kvm kvm) {
    super(kvm);
  }

  @Override
  @KernelFunction(value = "kvm_vm_ioctl_mte_copy_tags", file = "arch/arm64/kvm/guest.c", version = "v5.15")
  public long kvmVmIoctlMteCopyTags(CopyMteTags copyTags) {
    return super.kvmVmIoctlMteCopyTags(copyTags);
  }

  @Override
  protected boolean writePage(UserTags user, long gfn, long pfn, int at) {
    boolean all = mteCopyTagsFromUser(user, gfn, pfn, at) == TAGS_PER_PAGE;
    if (all) {
      markTagged(pfn);
    }
    return all;
  }
}
