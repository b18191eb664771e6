package io.stalemate.linux.kvm;

import static io.stalemate.linux.kvm.Memslots.KVM_ADDRESS_SPACE_NUM;

import io.stalemate.machine.KernelFunction;
import io.stalemate.machine.Machine;
import io.stalemate.machine.Tracepoint;
import io.stalemate.machine.Word;
import io.stalemate.machine.WordArray;
import java.util.Optional;

/**
 * {@code struct kvm_dirty_ring}: the pages that one vCPU dirtied, shared with its VMM. Only the vCPU pushes; the VMM
 * harvests; whoever holds slots_lock resets what was harvested. An entry goes from empty to dirty to harvested and
 * back, and its flags say whose it is. Follows {@code virt/kvm/dirty_ring.c}.
 */
public class DirtyRing {
  /** {@code KVM_DIRTY_GFN_F_DIRTY}: slot and offset are valid. */
  public static final long KVM_DIRTY_GFN_F_DIRTY = 1;
  /** {@code KVM_DIRTY_GFN_F_RESET}: the VMM has read them. */
  public static final long KVM_DIRTY_GFN_F_RESET = 1 << 1;

  protected final Kvm kvm;
  protected final Machine m;
  protected final int vcpu;
  private final int size;
  private final int softLimit;

  // Written by the vCPU alone.
  private final Word dirtyIndex;
  // Written under slots_lock, with plain stores; the vCPU looks at it.
  private final Word resetIndex;
  // model: the VMM's own position, under its own lock.
  private final Word fetchIndex;
  private final WordArray flags;
  private final WordArray slots;
  private final WordArray offsets;

  /**
   * An empty ring.
   *
   * @param vcpu id of its vCPU
   * @param size entries, a power of two; 0 for no ring
   */
  public DirtyRing(Kvm kvm, int vcpu, int size) {
    this.kvm = kvm;
    this.m = kvm.m;
    this.vcpu = vcpu;
    this.size = size;
    // model: a quarter is kept in reserve, besides hardware's; the kernel keeps 64 entries of at least 256
    this.softLimit = size - Math.max(1, size / 4) - kvm.archMmu.cpuDirtyLogSize();
    this.dirtyIndex = m.word("ring->dirty_index", vcpu, 0);
    this.resetIndex = m.word("ring->reset_index", vcpu, 0);
    this.fetchIndex = m.word("vmm->fetch_index", vcpu, 0);
    this.flags = m.words("dirty_gfns[" + vcpu + "].flags", size);
    this.slots = m.words("dirty_gfns[" + vcpu + "].slot", size);
    this.offsets = m.words("dirty_gfns[" + vcpu + "].offset", size);
  }

  private long used() {
    return dirtyIndex.readOnce() - resetIndex.readOnce();
  }

  /** {@code kvm_dirty_ring_soft_full()}: the vCPU must not go on before the ring is reset. */
  public boolean softFull() {
    return used() >= softLimit;
  }

  /** Notes page {@code offset} of slot {@code slot}. Called by the vCPU, which the ring belongs to. */
  @KernelFunction(value = "kvm_dirty_ring_push", file = "virt/kvm/dirty_ring.c", version = "v6.2-v6.12")
  public void push(KvmVcpu owner, int slot, long offset) {
    m.warnOn(used() >= size, "kvm_dirty_ring_push: the ring is full");
    long index = dirtyIndex.read();
    int entry = at(index);
    slots.at(entry).write(slot);
    offsets.at(entry).write(offset);
    // Pairs with the VMM's acquire of the flags in harvest().
    m.smpWmb();
    setDirtied(flags.at(entry));
    m.trace(Tracepoint.DIRTY_RING_PUSH, vcpu, slot, offset, index);
    dirtyIndex.write(index + 1);
    if (softFull()) {
      kvm.requests.makeRequest(Requests.KVM_REQ_DIRTY_RING_SOFT_FULL, owner);
    }
  }

  /**
   * Takes the harvested entries out, oldest first, and write-protects their pages again. Held: slots_lock. The caller
   * flushes the TLBs before it tells the VMM.
   *
   * @return number of entries taken out
   */
  @KernelFunction(
      value = "kvm_dirty_ring_reset",
      file = "virt/kvm/dirty_ring.c",
      version = "v6.2-v6.12")
  public int reset() {
    kvm.slotsLock.assertHeld();
    int count = 0;
    long curSlot = 0;
    long curOffset = 0;
    long mask = 0;
    for (;;) {
      long index = resetIndex.read();
      int entry = at(index);
      if (!harvested(flags.at(entry))) {
        break;
      }
      long nextSlot = slots.at(entry).readOnce();
      long nextOffset = offsets.at(entry).readOnce();
      setInvalid(flags.at(entry));
      m.trace(Tracepoint.DIRTY_RING_RESET, vcpu, nextSlot, nextOffset, index);
      resetIndex.write(index + 1);
      count++;
      long delta = nextOffset - curOffset;
      if (mask != 0 && nextSlot == curSlot && delta >= 0 && delta < Long.SIZE) {
        mask |= 1L << delta;
        continue;
      }
      // Backwards: only if no page is pushed out of the mask.
      if (mask != 0 && nextSlot == curSlot && delta < 0 && delta > -Long.SIZE && mask << -delta >>> -delta == mask) {
        curOffset = nextOffset;
        mask = mask << -delta | 1;
        continue;
      }
      resetDirtyGfn(curSlot, curOffset, mask);
      curSlot = nextSlot;
      curOffset = nextOffset;
      mask = 1;
    }
    resetDirtyGfn(curSlot, curOffset, mask);
    return count;
  }

  /** Write-protects the pages of {@code mask} from page {@code offset} of a slot, if the slot still has them. */
  @KernelFunction(value = "kvm_reset_dirty_gfn", file = "virt/kvm/dirty_ring.c", version = "v6.2-v6.12",
      elided = "address spaces: arm64 has " + KVM_ADDRESS_SPACE_NUM)
  protected void resetDirtyGfn(long slot, long offset, long mask) {
    if (mask == 0) {
      return;
    }
    Optional<KvmMemorySlot> memslot = kvm.memslots.kvmMemslotsLocked().byId((int) slot);
    int last = Long.SIZE - 1 - Long.numberOfLeadingZeros(mask);
    if (memslot.isEmpty() || offset + last >= memslot.get().npages()) {
      return;
    }
    kvm.mmuLock.writeLock();
    kvm.archMmu.enableLogDirtyPtMasked(memslot.get(), offset, mask);
    kvm.mmuLock.writeUnlock();
  }

  /** {@code kvm_dirty_gfn_set_dirtied()}. */
  @KernelFunction(value = "kvm_dirty_gfn_set_dirtied", file = "virt/kvm/dirty_ring.c", version = "v6.2-v6.12")
  protected void setDirtied(Word entryFlags) {
    entryFlags.write(KVM_DIRTY_GFN_F_DIRTY);
  }

  /** {@code kvm_dirty_gfn_harvested()}: whether the VMM has read the entry (8929bc965964). */
  @KernelFunction(value = "kvm_dirty_gfn_harvested", file = "virt/kvm/dirty_ring.c", version = "v6.2-v6.12")
  protected boolean harvested(Word entryFlags) {
    // Pairs with the VMM's release in harvest(): slot and offset are what it read.
    return (entryFlags.loadAcquire() & KVM_DIRTY_GFN_F_RESET) != 0;
  }

  /** {@code kvm_dirty_gfn_set_invalid()}: the entry is empty (8929bc965964). */
  @KernelFunction(value = "kvm_dirty_gfn_set_invalid", file = "virt/kvm/dirty_ring.c", version = "v6.2-v6.12")
  protected void setInvalid(Word entryFlags) {
    // Slot and offset were read before. Pairs with the VMM's acquire in harvest().
    entryFlags.storeRelease(0);
  }

  /**
   * model: what the VMM does through its mapping of the ring: reads the dirty entries, oldest first, and says that it
   * has. Under the VMM's own lock. The pages may be copied once {@link DirtyLog#resetDirtyRings} has returned.
   *
   * @return number of entries read
   */
  public int harvest() {
    int count = 0;
    for (;;) {
      long index = fetchIndex.read();
      int entry = at(index);
      // Pairs with smp_wmb() in push().
      if (flags.at(entry).loadAcquire() != KVM_DIRTY_GFN_F_DIRTY) {
        return count;
      }
      long slot = slots.at(entry).readOnce();
      long offset = offsets.at(entry).readOnce();
      // Pairs with the acquire in harvested().
      flags.at(entry).storeRelease(KVM_DIRTY_GFN_F_RESET);
      m.trace(Tracepoint.DIRTY_RING_HARVEST, vcpu, slot, offset, index);
      fetchIndex.write(index + 1);
      count++;
    }
  }

  private int at(long index) {
    return (int) (index & size - 1);
  }
}
