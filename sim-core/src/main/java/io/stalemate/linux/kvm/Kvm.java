package io.stalemate.linux.kvm;

import io.stalemate.linux.mm.MmStruct;
import io.stalemate.machine.LockdepMap;
import io.stalemate.machine.Machine;
import io.stalemate.machine.Mutex;
import io.stalemate.machine.RcuWait;
import io.stalemate.machine.Spinlock;
import io.stalemate.machine.Srcu;
import io.stalemate.machine.Word;
import java.util.ArrayList;
import java.util.List;

/** {@code struct kvm}: one VM. Fields bear the kernel's names and are grouped by what guards them. */
public final class Kvm {
  public final Machine m;
  public final Era era;
  public final MmStruct mm;

  /** Number of gfns that memory attributes are kept for. */
  public final long gfnsMax;

  /** Serialises memslot and attribute updates. Before slots_arch_lock, mmap_lock and mmu_lock; never inside srcu. */
  public final Mutex slotsLock;

  /** Guards slot->arch; taken inside slots_lock or an srcu section, so it is dropped before synchronize_srcu. */
  public final Mutex slotsArchLock;

  /** Readers of memslots. */
  public final Srcu srcu;

  public final MmuLock mmuLock;

  // Written under mmu_lock(w), with plain stores; sampled by faults without it.
  public final Word mmuInvalidateSeq;
  public final Word mmuInvalidateInProgress;
  public final Word mmuInvalidateRangeStart;
  public final Word mmuInvalidateRangeEnd;

  /** Guards the count below: a leaf lock, never held across a call. */
  public final Spinlock mnInvalidateLock;

  /** Notifier pairs that are open. */
  public final Word mnActiveInvalidateCount;

  /** Where a memslot swap waits for the count to drop to 0: one waiter at most, as it holds slots_lock. */
  public final RcuWait mnMemslotsUpdateRcuwait;

  /** model: the wait edge from a memslot swap to the notifier pairs it waits for, which lockdep would not see. */
  public final LockdepMap mnActiveMap;

  /** {@code nr_memslots_dirty_logging}: atomic. */
  public final Word nrMemslotsDirtyLogging;

  public final MmuInvalidation mmuInvalidation;
  public final MmuNotifier mmuNotifier;
  public final Memslots memslots;
  public final MemoryRegions memoryRegions;
  public final MemAttributes memAttributes;
  public final GfnToPfn gfnToPfn;
  public final Requests requests;
  public final KvmIoBus ioBus;
  public final DirtyLog dirtyLog;
  public final GuestMemfd guestMemfd;
  public final ArchMmu archMmu;

  private final List<KvmVcpu> vcpus = new ArrayList<>();

  /**
   * {@code kvm_create_vm()}: a VM without memslots and vCPUs, subscribed to {@code mm}.
   *
   * @param gfnsMax number of gfns that attributes are kept for
   */
  public Kvm(Machine m, KernelText text, MmStruct mm, int gfnsMax) {
    this.m = m;
    this.era = text.era();
    this.mm = mm;
    this.gfnsMax = gfnsMax;
    this.slotsLock = m.mutex("slots_lock");
    this.slotsArchLock = m.mutex("slots_arch_lock");
    this.srcu = m.srcu("kvm->srcu");
    this.mmuLock = switch (era) {
      case V5_15 -> new MmuLock.Spin(m.spinlock("mmu_lock"));
      case V6_2, V6_8, V6_12 -> new MmuLock.Rw(m.rwlock("mmu_lock"));
    };
    this.mmuInvalidateSeq = m.word("kvm->mmu_invalidate_seq", 0);
    this.mmuInvalidateInProgress = m.word("kvm->mmu_invalidate_in_progress", 0);
    this.mmuInvalidateRangeStart = m.word("kvm->mmu_invalidate_range_start", 0);
    this.mmuInvalidateRangeEnd = m.word("kvm->mmu_invalidate_range_end", 0);
    this.mnInvalidateLock = m.spinlock("mn_invalidate_lock");
    this.mnActiveInvalidateCount = m.word("kvm->mn_active_invalidate_count", 0);
    this.mnMemslotsUpdateRcuwait = m.rcuWait("kvm->mn_memslots_update_rcuwait");
    this.mnActiveMap = m.lockdepMap("mn_active_invalidate");
    this.nrMemslotsDirtyLogging = m.word("kvm->nr_memslots_dirty_logging", 0);
    this.mmuInvalidation = text.mmuInvalidation().apply(this);
    this.mmuNotifier = text.mmuNotifier().apply(this);
    this.memslots = text.memslots().apply(this);
    this.memoryRegions = text.memoryRegions().apply(this);
    this.memAttributes = text.memAttributes().apply(this);
    this.gfnToPfn = text.gfnToPfn().apply(this);
    this.requests = text.requests().apply(this);
    this.ioBus = new KvmIoBus(this);
    this.dirtyLog = text.dirtyLog().apply(this);
    this.guestMemfd = text.guestMemfd().apply(this);
    this.archMmu = text.archMmu().apply(this);
    mm.notifiers.register(mmuNotifier);
  }

  /** {@code kvm_vm_ioctl_create_vcpu()}: adds a vCPU. Set-up only, before any task runs. */
  public void addVcpu(KvmVcpu vcpu) {
    vcpus.add(vcpu);
  }

  /** {@code kvm_for_each_vcpu()}: the vCPUs in order of their ids. */
  public List<KvmVcpu> vcpus() {
    return vcpus;
  }
}
