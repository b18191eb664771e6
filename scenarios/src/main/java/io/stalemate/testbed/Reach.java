package io.stalemate.testbed;

import io.stalemate.scenario.CopyTags;
import io.stalemate.scenario.Geometry;
import io.stalemate.scenario.GuestAction;
import io.stalemate.scenario.HostAction;
import io.stalemate.scenario.Limits;
import io.stalemate.scenario.Mapping;
import io.stalemate.scenario.MappingKind;
import io.stalemate.scenario.Memslot;
import io.stalemate.scenario.Repeated;
import io.stalemate.scenario.Scenario;
import io.stalemate.scenario.SetAttributes;
import io.stalemate.scenario.SlotAction;
import io.stalemate.scenario.SystemUnderTest;
import io.stalemate.scenario.Task;
import io.stalemate.scenario.X86Action;

/**
 * How much of everything a scenario touches, so that no more is built for each run.
 *
 * @param hvaPages hva pages from 0
 * @param gfns gfns from 0
 * @param hugeShift log2 of the frames of a huge page; 0 if there are none
 * @param hugePages huge pages that can be in use at once
 */
record Reach(int hvaPages, int gfns, int hugeShift, int hugePages) {

  /** Yields what {@code scenario} touches on {@code system}; x86 looks at the attributes of whole huge pages. */
  static Reach of(Scenario scenario, SystemUnderTest system) {
    long hvas = 1;
    long gfns = 1;
    int shift = 0;
    long huge = 0;
    for (Mapping mapping : scenario.vm().mappings()) {
      hvas = Math.max(hvas, mapping.hvaEnd());
      if (mapping.kind() == MappingKind.HUGETLB) {
        shift = mapping.shift();
        huge += mapping.pages() >> mapping.shift();
      }
    }
    for (Memslot slot : scenario.vm().memslots()) {
      gfns = Math.max(gfns, slot.gfnEnd());
      hvas = Math.max(hvas, slot.hva() + slot.pages());
    }
    for (Task task : scenario.tasks()) {
      for (Repeated repeated : task.actions()) {
        switch (repeated.action()) {
          case GuestAction guest -> gfns = Math.max(gfns, guest.gfn() + 1);
          case SlotAction.SlotAllocate create -> {
            gfns = Math.max(gfns, scenario.vm().geometry().gfns());
            hvas = Math.max(hvas, create.hva() + create.pages());
          }
          case SlotAction.SlotCreate create -> {
            gfns = Math.max(gfns, create.slot().gfnEnd());
            hvas = Math.max(hvas, create.slot().hva() + create.slot().pages());
          }
          case CopyTags copy -> gfns = Math.max(gfns, copy.gfnEnd());
          case SetAttributes set -> gfns = Math.max(gfns, end(set, scenario.vm().geometry()));
          case X86Action.PreFault fault -> gfns = Math.max(gfns, fault.gfn() + fault.pages());
          case X86Action.TrackGfn track -> gfns = Math.max(gfns, track.gfn() + 1);
          case X86Action.ZapGfnRange zap -> gfns = Math.max(gfns, zap.gfn() + zap.pages());
          case HostAction.Mmap mmap -> {
            hvas = Math.max(hvas, mmap.hva() + mmap.pages());
            if (mmap.mapping() == MappingKind.HUGETLB) {
              shift = mmap.shift();
              huge += (mmap.pages() >> mmap.shift()) * repeated.times();
            }
          }
          case HostAction.Remap remap -> {
            hvas = Math.max(hvas, remap.hva() + remap.pages());
            if (remap.mapping() == MappingKind.HUGETLB) {
              shift = remap.shift();
              huge += (remap.pages() >> remap.shift()) * repeated.times();
            }
          }
          case HostAction.Ksm ksm -> hvas = Math.max(hvas, Math.max(ksm.hva(), ksm.with()) + 1);
          case HostAction host -> hvas = Math.max(hvas, host.hva() + host.pages());
          default -> { }
        }
      }
    }
    Geometry geometry = scenario.vm().geometry();
    long unit = system == SystemUnderTest.KVM_X86 ? 1L << geometry.bits() * (geometry.levels() - 1) : 1;
    return new Reach((int) hvas, (int) ((gfns + unit - 1) / unit * unit), shift, (int) Math.min(huge, 62));
  }

  /** The gfn after the last of a range of attributes; 0 if it is none, or not the guest's. */
  private static long end(SetAttributes set, Geometry geometry) {
    long end = set.address() + set.size();
    boolean wraps = Long.compareUnsigned(end, set.address()) <= 0;
    return wraps || Long.compareUnsigned(end, (long) geometry.gfns() * Limits.PAGE_BYTES) > 0
        ? 0
        : end / Limits.PAGE_BYTES;
  }
}
