package io.stalemate.linux.kvm;

import io.stalemate.machine.Machine;
import io.stalemate.machine.Word;

/** {@code struct kvm_vcpu}. model: a vCPU stays on its pCPU, {@code cpu}. */
public class KvmVcpu {
  public static final long OUTSIDE_GUEST_MODE = 0;
  public static final long IN_GUEST_MODE = 1;
  public static final long EXITING_GUEST_MODE = 2;
  public static final long READING_SHADOW_PAGE_TABLES = 3;

  public final Kvm kvm;
  public final int id;
  public final int cpu;

  /** {@code vcpu->requests}: a bit for each pending request; atomic. */
  public final Word requests;

  /** {@code vcpu->mode}: written by the vCPU, and from IN_GUEST to EXITING by whoever kicks it. */
  public final Word mode;

  /** Page-table pages for the next fault; touched by the vCPU's own task alone. */
  public final MmuMemoryCache mmuPageCache;

  /** Pages this vCPU dirtied, if the VM uses rings. */
  public final DirtyRing dirtyRing;

  /**
   * A vCPU on pCPU {@code cpu}.
   *
   * @param mmuPageCache its cache of page-table pages
   */
  public KvmVcpu(Kvm kvm, int id, int cpu, MmuMemoryCache mmuPageCache) {
    Machine m = kvm.m;
    this.kvm = kvm;
    this.id = id;
    this.cpu = cpu;
    this.requests = m.word("vcpu->requests", id, 0);
    this.mode = m.word("vcpu->mode", id, OUTSIDE_GUEST_MODE);
    this.mmuPageCache = mmuPageCache;
    this.dirtyRing = kvm.dirtyLog.ringFor(id);
  }
}
