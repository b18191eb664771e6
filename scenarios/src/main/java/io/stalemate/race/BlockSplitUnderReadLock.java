package io.stalemate.race;

import io.stalemate.linux.arm64.Arm64Text;
import io.stalemate.linux.arm64.KvmPgtableV515;
import io.stalemate.linux.arm64.StageTwoFault;
import io.stalemate.linux.arm64.UserMemAbortV515;
import java.util.List;

/** Permission faults under logging take mmu_lock for reading, also those that have to split a block. */
final class BlockSplitUnderReadLock implements Race {

  @Override
  public Card card() {
    return new Card("block-split-under-read-lock",
        "two vCPUs split one block at once, each with mmu_lock held for reading",
        Kind.HISTORICAL,
        "f783ef1c0e82 (v5.18-rc1), fixed by f587661f21eb (v5.18); that kernel's walkers, which exclude nobody "
        + "themselves, and its lock rule put into v6.2, whose mmu_lock is an rwlock too",
        List.of("v6.2"),
        List.of("two-vcpus-split-one-block"),
        "accounting");
  }

  @Override
  public Arm64Text patch(Arm64Text text) {
    return text
        .withPgtable((mmOps, tlb, vmid, pgd, cpu) -> new KvmPgtableV515(mmOps, tlb, vmid, pgd))
        .withUserMemAbort((kvm, mmu) -> new UserMemAbortV515(kvm, mmu) {
          @Override
          protected void mmuLock(StageTwoFault fault) {
            if (useReadLock(fault)) {
              this.kvm.mmuLock.readLock();
            } else {
              super.mmuLock(fault);
            }
          }

          @Override
          protected void mmuUnlock(StageTwoFault fault) {
            if (useReadLock(fault)) {
              this.kvm.mmuLock.readUnlock();
            } else {
              super.mmuUnlock(fault);
            }
          }
        });
  }

  /** Meant for faults that only add a permission to a page. */
  private static boolean useReadLock(StageTwoFault fault) {
    // missing: and the faulting leaf is a page
    return fault.permissionFault() && fault.loggingActive();
  }
}
