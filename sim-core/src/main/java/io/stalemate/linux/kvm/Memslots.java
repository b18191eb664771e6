package io.stalemate.linux.kvm;

import io.stalemate.machine.KernelFunction;
import io.stalemate.machine.Machine;
import io.stalemate.machine.ObjectTable;
import io.stalemate.machine.TaskState;
import io.stalemate.machine.Tracepoint;
import io.stalemate.machine.Word;
import io.stalemate.machine.WordArray;
import java.util.List;
import java.util.Optional;

/** The sets of memslots of a VM: lookup, and the swap of the active set. Follows {@code virt/kvm/kvm_main.c}. */
public class Memslots {
  /** {@code KVM_ADDRESS_SPACE_NUM} on arm64: what a finished update adds to the generation. */
  public static final int KVM_ADDRESS_SPACE_NUM = 1;

  protected final Kvm kvm;
  protected final Machine m;

  /** {@code kvm->memslots[0]}: which set is active. Published by release, read under srcu or slots_lock. */
  private final Word memslots;

  // A set never changes once it is published, and only its index is shared; added to under slots_lock.
  private final ObjectTable<KvmMemslots> sets = new ObjectTable<>();

  public Memslots(Kvm kvm) {
    this.kvm = kvm;
    this.m = kvm.m;
    this.memslots = m.word("kvm->memslots[0]", 0);
    this.sets.add(new KvmMemslots(0, List.of(), m.word("memslots->generation", 0, 0)));
  }

  /** model: the VM's memslots have changed {@code generation} times already. Set-up only, before there is any. */
  public void beginAtGeneration(long generation) {
    if (generation != 0) {
      sets.get(0).generation().write(generation);
    }
  }

  /** Yields the active set. Held: srcu. */
  @KernelFunction(value = "kvm_memslots", file = "include/linux/kvm_host.h", version = "v5.15-v6.12")
  public KvmMemslots kvmMemslots() {
    kvm.srcu.assertReadHeld();
    return dereference();
  }

  /** Yields the active set to whoever may change it. Held: slots_lock. */
  public KvmMemslots kvmMemslotsLocked() {
    kvm.slotsLock.assertHeld();
    return dereference();
  }

  /** srcu_dereference(): ordered by the address dependency; pairs with the release in the swap. */
  private KvmMemslots dereference() {
    return sets.get((int) memslots.readOnce());
  }

  /** Yields the slot around {@code gfn}, valid until the caller's srcu section ends. Held: srcu. */
  @KernelFunction(value = "gfn_to_memslot", file = "virt/kvm/kvm_main.c", version = "v5.15-v6.12",
      elided = "last_used_slot caches: the search yields the same slot")
  public Optional<KvmMemorySlot> gfnToMemslot(long gfn) {
    Optional<KvmMemorySlot> slot = kvmMemslots().search(gfn);
    slot.ifPresent(s -> m.trace(Tracepoint.SLOT_USE, s.serial(), gfn));
    return slot;
  }

  /** The same for a caller who holds slots_lock in place of srcu; valid until the unlock. */
  public Optional<KvmMemorySlot> gfnToMemslotLocked(long gfn) {
    Optional<KvmMemorySlot> slot = kvmMemslotsLocked().search(gfn);
    slot.ifPresent(s -> m.trace(Tracepoint.SLOT_USE, s.serial(), gfn));
    return slot;
  }

  /** Yields the hva page of {@code gfn}, or {@link KvmHva#ERR_BAD} or {@link KvmHva#ERR_RO_BAD}. Held: srcu. */
  @KernelFunction(value = "__gfn_to_hva_many", file = "virt/kvm/kvm_main.c", version = "v5.15-v6.12")
  public long gfnToHvaMany(Optional<KvmMemorySlot> slot, long gfn, boolean write) {
    if (slot.isEmpty() || slot.get().isInvalid()) {
      return KvmHva.ERR_BAD;
    }
    if (slot.get().isReadonly() && write) {
      return KvmHva.ERR_RO_BAD;
    }
    m.trace(Tracepoint.SLOT_USE, slot.get().serial(), gfn);
    return slot.get().gfnToHva(gfn);
  }

  /** Yields the hva page of {@code gfn} and whether its slot may be written. Held: srcu. */
  @KernelFunction(value = "gfn_to_hva_memslot_prot", file = "virt/kvm/kvm_main.c", version = "v5.15-v6.12")
  public KvmHva gfnToHvaMemslotProt(Optional<KvmMemorySlot> slot, long gfn) {
    long hva = gfnToHvaMany(slot, gfn, false);
    return new KvmHva(hva, hva >= 0 && slot.isPresent() && !slot.get().isReadonly());
  }

  /** Notes that {@code gfn} was written, if its slot logs that, for a thread that runs no vCPU. Held: srcu. */
  @KernelFunction(value = "mark_page_dirty", file = "virt/kvm/kvm_main.c", version = "v5.15-v6.12",
      elided = "the backup bitmap of dirty rings")
  public void markPageDirtyInSlot(KvmMemorySlot slot, long gfn) {
    m.trace(Tracepoint.SLOT_USE, slot.serial(), gfn);
    m.warnOn(kvm.dirtyLog.ringEnabled(), "mark_page_dirty_in_slot: a write without a running vCPU");
    if (slot.isLogging()) {
      setDirtyBit(slot, gfn - slot.baseGfn());
    }
  }

  /** Notes that the guest of {@code vcpu}, the caller, may write {@code gfn}, if its slot logs that. Held: srcu. */
  @KernelFunction(value = "mark_page_dirty_in_slot", file = "virt/kvm/kvm_main.c", version = "v5.15-v6.12")
  public void markPageDirtyInSlot(KvmVcpu vcpu, KvmMemorySlot slot, long gfn) {
    m.trace(Tracepoint.SLOT_USE, slot.serial(), gfn);
    if (!slot.isLogging()) {
      return;
    }
    if (kvm.dirtyLog.ringEnabled()) {
      vcpu.dirtyRing.push(vcpu, slot.id(), gfn - slot.baseGfn());
    } else {
      setDirtyBit(slot, gfn - slot.baseGfn());
    }
  }

  /** set_bit_le(): atomic, as faults of other vCPUs set theirs. */
  protected void setDirtyBit(KvmMemorySlot slot, long relGfn) {
    WordArray bitmap = slot.dirtyBitmap();
    if (bitmap != null) {
      bitmap.at((int) (relGfn / Long.SIZE)).fetchOr(1L << relGfn % Long.SIZE);
      m.trace(Tracepoint.DIRTY_SET, slot.id(), relGfn, 1, 0);
    }
  }

  /**
   * Makes {@code slots}, sorted by gfn, the active set, and returns when nobody uses the one before any more. Held:
   * slots_lock and slots_arch_lock; the latter is let go of.
   */
  @KernelFunction(value = "kvm_swap_active_memslots", file = "virt/kvm/kvm_main.c", version = "v5.15-v6.12")
  public void swapActiveMemslots(List<KvmMemorySlot> slots) {
    kvm.slotsArchLock.assertHeld();
    KvmMemslots active = kvmMemslotsLocked();
    long gen = active.generation().read() | KvmMemslots.GEN_UPDATE_IN_PROGRESS;
    // Until the last step readers see the new set with the flag set, and must not cache what they derive from it.
    KvmMemslots next = new KvmMemslots(sets.size(), slots, m.word("memslots->generation", sets.size(), gen));
    sets.add(next);

    waitForNotifiers();
    publish(active, next, gen);
    kvm.mnInvalidateLock.unlock();

    // Before the grace period: a reader may take slots_arch_lock inside its srcu section.
    kvm.slotsArchLock.unlock();
    synchronizeReaders();

    gen = (gen & ~KvmMemslots.GEN_UPDATE_IN_PROGRESS) + KVM_ADDRESS_SPACE_NUM;
    kvm.archMmu.memslotsUpdated(gen);
    next.generation().write(gen);
  }

  /**
   * Sleeps until no notifier pair is open, and returns with mn_invalidate_lock held, so that none can open: start and
   * end of a pair must find the same slots. No fairness: new pairs may keep the caller waiting.
   */
  protected void waitForNotifiers() {
    kvm.mnActiveMap.waitsForHolders();
    kvm.mnInvalidateLock.lock();
    kvm.mnMemslotsUpdateRcuwait.prepare();
    while (kvm.mnActiveInvalidateCount.read() != 0) {
      // State before unlock: pairs with the wake-up after the count dropped, see MmuNotifier.activeEnd().
      m.setCurrentState(TaskState.UNINTERRUPTIBLE);
      kvm.mnInvalidateLock.unlock();
      m.schedule();
      kvm.mnInvalidateLock.lock();
    }
    kvm.mnMemslotsUpdateRcuwait.finish();
  }

  /** rcu_assign_pointer(). model: says what became visible, compared with the set before. */
  private void publish(KvmMemslots active, KvmMemslots next, long gen) {
    memslots.storeRelease(next.index());
    for (KvmMemorySlot slot : next.slots()) {
      Optional<KvmMemorySlot> old = active.byId(slot.id());
      if (old.isPresent() && old.get().serial() == slot.serial()) {
        continue;
      }
      if (slot.isInvalid()) {
        m.trace(Tracepoint.SLOT_INVALID, slot.id(), slot.baseGfn(), slot.npages(), slot.userspaceAddr());
      } else if (old.isPresent() && !old.get().isInvalid()) {
        m.trace(Tracepoint.SLOT_FLAGS, slot.id(), slot.flags());
      } else {
        if (slot.flags() != 0) {
          m.trace(Tracepoint.SLOT_FLAGS, slot.id(), slot.flags());
        }
        m.trace(Tracepoint.SLOT_INSTALL, slot.id(), slot.baseGfn(), slot.npages(), slot.userspaceAddr());
      }
    }
    m.trace(Tracepoint.SLOTS_SWAP, gen, 0);
  }

  /** synchronize_srcu_expedited(): nobody is left who looked a slot up in the set before. */
  protected void synchronizeReaders() {
    kvm.srcu.synchronize();
  }
}
