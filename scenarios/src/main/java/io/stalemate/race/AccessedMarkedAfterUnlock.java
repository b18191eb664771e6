package io.stalemate.race;

import io.stalemate.cpu.StageTwoGeometry;
import io.stalemate.cpu.StageTwoPte;
import io.stalemate.linux.arm64.Arm64Text;
import io.stalemate.linux.arm64.UserMemAbortV612;
import io.stalemate.linux.kvm.KvmVcpu;
import java.util.List;

/** An access-flag fault touches its page when mmu_lock no longer keeps the leaf. */
final class AccessedMarkedAfterUnlock implements Race {

  @Override
  public Card card() {
    return new Card("accessed-marked-after-unlock",
        "handle_access_fault() marks the page accessed after it let go of mmu_lock",
        Kind.HISTORICAL,
        "v5.15 to v6.12 do this; v6.13 (\"KVM: Stop grabbing references to PFNMAP'd pages\") dropped the marking: "
        + "nothing keeps the page once the lock is free",
        List.of("v6.12"),
        List.of("access-fault-vs-punch"),
        "accounting");
  }

  @Override
  public Arm64Text patch(Arm64Text text) {
    return text.withUserMemAbort((kvm, mmu) -> new UserMemAbortV612(kvm, mmu) {
      @Override
      public void handleAccessFault(KvmVcpu vcpu, long faultIpa) {
        long pte = 0;
        this.kvm.mmuLock.readLock();
        if (this.mmu.pgtIsSet()) {
          pte = this.mmu.pgtable().stage2Mkyoung(faultIpa & -StageTwoGeometry.PAGE_SIZE, FAULT_WALK);
        }
        this.kvm.mmuLock.readUnlock();
        // missing: the lock, or a reference to the page
        if (StageTwoPte.valid(pte)) {
          markYoung(StageTwoPte.pfn(pte));
        }
      }
    });
  }
}
