package io.stalemate.linux.kvm;

import io.stalemate.machine.WordArray;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** An architecture whose second stage is one word for each gfn: the frame, or 0. Notes the hooks it was called at. */
final class TableArch implements ArchMmu {

  final List<String> calls = new ArrayList<>();
  final Kvm kvm;
  final WordArray leaves;
  int prepareResult;
  boolean privateMem = true;

  TableArch(Kvm kvm) {
    this.kvm = kvm;
    this.leaves = kvm.m.words("leaf", (int) kvm.gfnsMax);
  }

  @Override
  public boolean unmapGfnRange(long gfnStart, long gfnEnd, boolean mayBlock) {
    calls.add("unmap " + gfnStart + " " + gfnEnd);
    kvm.mmuLock.assertHeldWrite();
    for (long gfn = gfnStart; gfn < gfnEnd; gfn++) {
      leaves.at((int) gfn).writeOnce(0);
    }
    return true;
  }

  @Override
  public boolean setSpteGfn(long gfn, long pfn) {
    calls.add("set " + gfn);
    leaves.at((int) gfn).writeOnce(pfn);
    return false;
  }

  @Override
  public boolean ageGfn(long gfnStart, long gfnEnd) {
    calls.add("age " + gfnStart + " " + gfnEnd);
    return true;
  }

  @Override
  public boolean testAgeGfn(long gfnStart, long gfnEnd) {
    calls.add("test " + gfnStart);
    return true;
  }

  @Override
  public void flushShadowMemslot(KvmMemorySlot slot) {
    calls.add("flush slot " + slot.baseGfn());
    kvm.mmuLock.writeLock();
    for (long gfn = slot.baseGfn(); gfn < slot.gfnEnd(); gfn++) {
      leaves.at((int) gfn).writeOnce(0);
    }
    kvm.mmuLock.writeUnlock();
  }

  @Override
  public void flushShadowAll() {}

  @Override
  public int prepareMemoryRegion(MemslotChange change) {
    return prepareResult;
  }

  @Override
  public void commitMemoryRegion(MemslotChange change) {
    calls.add("commit " + change.getClass().getSimpleName());
  }

  @Override
  public void flushRemoteTlbs() {
    calls.add("flush tlbs");
    kvm.mmuLock.assertHeldWrite();
  }

  @Override
  public void flushRemoteTlbsMemslot(KvmMemorySlot slot) {
    calls.add("flush tlbs of slot " + slot.baseGfn());
  }

  @Override
  public void enableLogDirtyPtMasked(KvmMemorySlot slot, long pageOffset, long mask) {
    kvm.mmuLock.assertHeldWrite();
    calls.add("protect " + pageOffset + " " + Long.toBinaryString(mask));
  }

  @Override
  public boolean preSetMemAttributes(KvmMemorySlot slot, long gfnStart, long gfnEnd) {
    return unmapGfnRange(gfnStart, gfnEnd, true);
  }

  @Override
  public boolean postSetMemAttributes(KvmMemorySlot slot, long gfnStart, long gfnEnd, long attributes) {
    return false;
  }

  @Override
  public boolean hasPrivateMem() {
    return privateMem;
  }

  @Override
  public @Nullable ArchMemorySlot allocMemslotMetadata(KvmMemorySlot slot) {
    return null;
  }

  @Override
  public void memslotsUpdated(long generation) {}
}
