package io.stalemate.linux.arm64;

import io.stalemate.linux.kvm.Kvm;
import io.stalemate.machine.KernelFunction;

/** The ioctl of v6.2: lengths have no bound, and tags may be written while dirty pages are logged. */
public class MteCopyTagsV62 extends MteCopyTags {

  /** The ioctl of {@code kvm}. */
  public MteCopyTagsV62(Kvm kvm) {
    super(kvm);
  }

  @Override
  @KernelFunction(value = "kvm_vm_ioctl_mte_copy_tags", file = "arch/arm64/kvm/guest.c", version = "v6.2")
  public long kvmVmIoctlMteCopyTags(CopyMteTags copyTags) {
    return super.kvmVmIoctlMteCopyTags(copyTags);
  }

  @Override
  protected boolean tooLong(long length) {
    return false;
  }

  @Override
  protected boolean refuseWrite() {
    return false;
  }
}
