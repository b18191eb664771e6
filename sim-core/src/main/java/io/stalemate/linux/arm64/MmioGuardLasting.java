package io.stalemate.linux.arm64;

import static io.stalemate.linux.Errno.ERANGE;

import io.stalemate.cpu.StageTwoGeometry;
import io.stalemate.linux.kvm.Kvm;
import io.stalemate.linux.kvm.KvmVcpu;
import io.stalemate.machine.Tracepoint;
import io.stalemate.machine.Word;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * The MMIO guard with what its series leaves open closed, so that it can promise more: a page is a device from MAP
 * until UNMAP returns, whatever is mapped and unmapped over it meanwhile, and nothing leaves to the VMM from it
 * afterwards.
 *
 * <p>model: nobody posted this text. Notes live in a store of their own instead of stage-2 entries, and UNMAP waits for
 * the faults that may have seen the note. The errno reaches the guest.
 */
public class MmioGuardLasting extends MmioGuard {

  // model: an xarray with a word for each page that was ever mapped. Changed and read under mmu_lock.
  private final SortedMap<Long, Word> notes = new TreeMap<>();

  /** The guard of {@code kvm}. */
  public MmioGuardLasting(Kvm kvm, KvmS2Mmu mmu) {
    super(kvm, mmu);
  }

  @Override
  protected boolean lasting() {
    return true;
  }

  @Override
  protected boolean tellsErrors() {
    return true;
  }

  /** elided: the store's own allocation, which may fail. */
  @Override
  protected int putNote(KvmVcpu vcpu, long ipa) {
    if (ipa >>> geometry.ipaBits() != 0) {
      return -ERANGE;
    }
    kvm.mmuLock.writeLock();
    store(ipa, 1);
    kvm.mmuLock.writeUnlock();
    return 0;
  }

  @Override
  protected boolean checkIoguardPage(long ipa) {
    kvm.mmuLock.assertHeld();
    Word note = notes.get(ipa >>> StageTwoGeometry.PAGE_SHIFT);
    return note != null && note.read() != 0;
  }

  @Override
  protected boolean dropNote(long ipa) {
    kvm.mmuLock.writeLock();
    boolean ret = checkIoguardPage(ipa);
    if (ret) {
      store(ipa, 0);
    }
    kvm.mmuLock.writeUnlock();
    if (ret) {
      finishExits();
    }
    return ret;
  }

  /** Waits until each fault that may have seen the note has decided: both happen in one SRCU section of its. */
  protected void finishExits() {
    kvm.srcu.synchronize();
  }

  @Override
  protected void forgetNotes() {
    kvm.mmuLock.writeLock();
    for (Word note : notes.values()) {
      note.write(0);
    }
    kvm.mmuLock.writeUnlock();
  }

  private void store(long ipa, long note) {
    long gfn = ipa >>> StageTwoGeometry.PAGE_SHIFT;
    notes.computeIfAbsent(gfn, key -> m.word("kvm->arch.mmio_guard", key, 0)).write(note);
    m.trace(Tracepoint.MMIO_GUARD_NOTE, gfn, note);
  }
}
