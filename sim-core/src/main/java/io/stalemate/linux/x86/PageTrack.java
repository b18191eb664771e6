package io.stalemate.linux.x86;

import static io.stalemate.linux.Errno.EINVAL;

import io.stalemate.cpu.x86.EptGeometry;
import io.stalemate.linux.kvm.Kvm;
import io.stalemate.linux.kvm.KvmMemorySlot;
import io.stalemate.machine.KernelFunction;
import io.stalemate.machine.Tracepoint;
import io.stalemate.machine.Word;
import java.util.Optional;

/**
 * Write tracking, of {@code arch/x86/kvm/mmu/page_track.c}: as long as a gfn is tracked no leaf of it is writable, so
 * that every write of the guest is emulated and whoever tracks it sees it.
 */
public class PageTrack {

  protected final X86Mmu mmu;

  /** Write tracking in {@code mmu}. */
  public PageTrack(X86Mmu mmu) {
    this.mmu = mmu;
  }

  /** Tracks {@code gfn}. Yields 0, or -EINVAL if it has no slot. Takes srcu and mmu_lock(w). */
  @KernelFunction(value = "kvm_write_track_add_gfn", file = "arch/x86/kvm/mmu/page_track.c", version = "v6.8-v6.12")
  public int kvmWriteTrackAddGfn(long gfn) {
    return update(gfn, 1);
  }

  /** Tracks {@code gfn} no longer. Yields 0, or -EINVAL if it has no slot. Takes srcu and mmu_lock(w). */
  @KernelFunction(value = "kvm_write_track_remove_gfn", file = "arch/x86/kvm/mmu/page_track.c",
      version = "v6.8-v6.12")
  public int kvmWriteTrackRemoveGfn(long gfn) {
    return update(gfn, -1);
  }

  private int update(long gfn, int count) {
    Kvm kvm = mmu.kvm;
    int idx = kvm.srcu.readLock();
    Optional<KvmMemorySlot> slot = kvm.memslots.gfnToMemslot(gfn);
    if (slot.isEmpty()) {
      kvm.srcu.readUnlock(idx);
      return -EINVAL;
    }
    kvm.mmuLock.writeLock();
    if (count > 0) {
      writeTrackAddGfn(slot.get(), gfn);
    } else {
      writeTrackRemoveGfn(slot.get(), gfn);
    }
    kvm.mmuLock.writeUnlock();
    kvm.srcu.readUnlock(idx);
    return 0;
  }

  @KernelFunction(value = "update_gfn_write_track", file = "arch/x86/kvm/mmu/page_track.c", version = "v6.8-v6.12")
  private void updateGfnWriteTrack(KvmMemorySlot slot, long gfn, int count) {
    Word track = mmu.hugePages.gfnWriteTrack(slot, gfn);
    long now = track.read() + count;
    if (mmu.m.warnOn(now < 0, "update_gfn_write_track: not tracked")) {
      return;
    }
    track.writeOnce(now);
    mmu.m.trace(Tracepoint.WRITE_TRACK, gfn, now != 0 ? 1 : 0);
  }

  /** Held: srcu, mmu_lock(w). */
  @KernelFunction(value = "__kvm_write_track_add_gfn", file = "arch/x86/kvm/mmu/page_track.c", version = "v6.8-v6.12")
  protected void writeTrackAddGfn(KvmMemorySlot slot, long gfn) {
    updateGfnWriteTrack(slot, gfn, 1);
    updateDisallowLpage(slot, gfn, 1);
    if (writeProtect(gfn)) {
      mmu.flushRemoteTlbs();
    }
  }

  /** {@code kvm_mmu_gfn_disallow_lpage()}, or allow with -1: a fault beside the page must not map it with its own. */
  @KernelFunction(value = "kvm_mmu_gfn_disallow_lpage", file = "arch/x86/kvm/mmu/mmu.c", version = "v6.8-v6.12",
      elided = "kvm_mmu_gfn_allow_lpage(): the same with -1")
  protected void updateDisallowLpage(KvmMemorySlot slot, long gfn, int count) {
    mmu.hugePages.updateGfnDisallowLpageCount(slot, gfn, count);
  }

  /** Yields whether TLBs may have the page writable. */
  protected boolean writeProtect(long gfn) {
    return mmu.mmuSlot.slotGfnWriteProtect(gfn, EptGeometry.LEVEL_4K);
  }

  /** Held: srcu, mmu_lock(w). */
  @KernelFunction(value = "__kvm_write_track_remove_gfn", file = "arch/x86/kvm/mmu/page_track.c",
      version = "v6.8-v6.12")
  protected void writeTrackRemoveGfn(KvmMemorySlot slot, long gfn) {
    updateGfnWriteTrack(slot, gfn, -1);
    updateDisallowLpage(slot, gfn, -1);
  }
}
