package io.stalemate.linux.x86;

import static io.stalemate.linux.kvm.MemAttributes.KVM_MEMORY_ATTRIBUTE_PRIVATE;
import static org.assertj.core.api.Assertions.assertThat;

import io.stalemate.cpu.x86.EptGeometry;
import io.stalemate.linux.Errno;
import io.stalemate.linux.kvm.Era;
import io.stalemate.linux.kvm.KernelText;
import io.stalemate.linux.kvm.Kvm;
import io.stalemate.linux.kvm.KvmMemorySlot;
import io.stalemate.linux.mm.MemMap;
import io.stalemate.linux.mm.MmStruct;
import io.stalemate.linux.mm.Mmap;
import io.stalemate.linux.mm.MmuNotifierSubscriptions;
import io.stalemate.linux.mm.VmaKind;
import io.stalemate.sequential.SequentialMachine;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Which huge pages are mixed after attributes changed, and which ranges count as being invalidated meanwhile. */
class X86AttributesTest {

  private static final int GFNS = 16;
  private static final EptGeometry GEOMETRY = new EptGeometry(4, 1);

  private final SequentialMachine m = new SequentialMachine(1);
  private final Kvm kvm;
  private final X86Mmu mmu;

  X86AttributesTest() {
    this.kvm = kvm(VmType.SW_PROTECTED);
    this.mmu = (X86Mmu) kvm.archMmu;
  }

  private Kvm kvm(VmType type) {
    MmStruct mm = new MmStruct(new MemMap(m, 1, 0), new MmuNotifierSubscriptions(m), GFNS);
    X86Text text = X86Text.of(Era.V6_12, GEOMETRY, new X86Vm(type, true, false, true, true, false, -1, 0));
    Kvm made = new Kvm(m, KernelText.of(Era.V6_12, text::archMmu), mm, GFNS);
    new Mmap(mm).mmap(0, GFNS, VmaKind.ANON, 0, true);
    return made;
  }

  private KvmMemorySlot slot(long gfn, long pages) {
    assertThat(kvm.memoryRegions.setMemoryRegion(0, gfn, pages, gfn, 0)).isZero();
    int idx = kvm.srcu.readLock();
    KvmMemorySlot slot = kvm.memslots.gfnToMemslot(gfn).orElseThrow();
    kvm.srcu.readUnlock(idx);
    return slot;
  }

  private void set(long gfnStart, long gfnEnd, boolean toPrivate) {
    assertThat(kvm.memAttributes.set(gfnStart, gfnEnd, toPrivate ? KVM_MEMORY_ATTRIBUTE_PRIVATE : 0)).isZero();
  }

  private boolean isWhole(KvmMemorySlot slot, long gfn, int level) {
    return gfn >= slot.baseGfn() && gfn + GEOMETRY.pages(level) <= slot.gfnEnd();
  }

  private boolean isMadeOfBoth(long gfn, long end) {
    for (long other = gfn; other < end; other++) {
      if (kvm.memAttributes.isPrivate(other) != kvm.memAttributes.isPrivate(gfn)) {
        return true;
      }
    }
    return false;
  }

  private void assertMixedIsWhatTheAttributesAre(KvmMemorySlot slot, String when) {
    for (int level = 2; level <= GEOMETRY.maxHugepageLevel(); level++) {
      long pages = GEOMETRY.pages(level);
      for (long gfn = 0; gfn < GFNS; gfn += pages) {
        if (isWhole(slot, gfn, level)) {
          assertThat(mmu.hugePages.testMixed(slot, gfn, level)).as("level %d at %d %s", level, gfn, when)
              .isEqualTo(isMadeOfBoth(gfn, gfn + pages));
        }
      }
    }
  }

  @Test
  void aHugePageIsMixedIfAndOnlyIfItsAttributesDiffer() {
    Random random = new Random(3);
    for (int round = 0; round < 40; round++) {
      long base = random.nextInt(GFNS - 1);
      KvmMemorySlot slot = slot(base, 1 + random.nextInt((int) (GFNS - base)));
      assertMixedIsWhatTheAttributesAre(slot, "of a new slot");
      for (int change = 0; change < 30; change++) {
        long start = random.nextInt(GFNS);
        long end = start + 1 + random.nextInt((int) (GFNS - start));
        set(start, end, random.nextBoolean());
        assertMixedIsWhatTheAttributesAre(slot, "after " + start + " to " + end);
      }
      assertThat(kvm.memoryRegions.setMemoryRegion(0, 0, 0, 0, 0)).isZero();
    }
  }

  /** 9129633d568e: what could get a huge leaf over changing gfns is part of the range; what cannot is not. */
  @Test
  void theInvalidatedRangeCoversEveryHugePageThatTheChangeMakesMixed() {
    Random random = new Random(4);
    int wider = 0;
    int kept = 0;
    for (int round = 0; round < 400; round++) {
      long base = random.nextInt(GFNS - 1);
      KvmMemorySlot slot = slot(base, 1 + random.nextInt((int) (GFNS - base)));
      set(0, GFNS, false);
      long first = random.nextInt(GFNS);
      set(first, first + 1, true);
      long start = random.nextInt(GFNS);
      long end = start + 1 + random.nextInt((int) (GFNS - start));
      long expectedStart = Math.max(start, slot.baseGfn());
      long expectedEnd = Math.min(end, slot.gfnEnd());
      long partStart = expectedStart;
      long partEnd = expectedEnd;
      boolean hit = partStart < partEnd && !kvm.memAttributes.rangeHas(start, end, 0);
      for (int level = 2; level <= GEOMETRY.maxHugepageLevel(); level++) {
        long pages = GEOMETRY.pages(level);
        for (long gfn = 0; gfn < GFNS; gfn += pages) {
          boolean touched = gfn < partEnd && partStart < gfn + pages;
          if (touched && isWhole(slot, gfn, level) && !mmu.hugePages.testMixed(slot, gfn, level)) {
            expectedStart = Math.min(expectedStart, gfn);
            expectedEnd = Math.max(expectedEnd, gfn + pages);
          }
        }
      }
      set(start, end, false);
      if (hit) {
        assertThat(kvm.mmuInvalidateRangeStart.read()).as("round %d", round).isEqualTo(expectedStart);
        assertThat(kvm.mmuInvalidateRangeEnd.read()).as("round %d", round).isEqualTo(expectedEnd);
        wider += expectedStart < partStart || expectedEnd > partEnd ? 1 : 0;
        kept += expectedStart == partStart && expectedEnd == partEnd ? 1 : 0;
      }
      assertThat(kvm.memoryRegions.setMemoryRegion(0, 0, 0, 0, 0)).isZero();
    }
    assertThat(wider).isPositive();
    assertThat(kept).isPositive();
  }

  @Test
  void onlyVmsWithPrivateMemoryHaveAttributes() {
    assertThat(kvm(VmType.SNP).memAttributes.set(0, 1, KVM_MEMORY_ATTRIBUTE_PRIVATE)).isZero();
    assertThat(kvm(VmType.DEFAULT).memAttributes.set(0, 1, KVM_MEMORY_ATTRIBUTE_PRIVATE)).isEqualTo(-Errno.EINVAL);
    assertThat(kvm(VmType.DEFAULT).memAttributes.set(0, 1, 0)).isZero();
  }

  @Test
  void framesOfAnSnpGuestAreItsOwnWhileTheyAreInItsFile() {
    Kvm snp = kvm(VmType.SNP);
    assertThat(snp.guestMemfd.create(1)).isZero();
    assertThat(snp.memoryRegions.setMemoryRegion2(0, 0, 1, 0, KvmMemorySlot.KVM_MEM_GUEST_MEMFD, 0, 0)).isZero();
    int idx = snp.srcu.readLock();
    long pfn = snp.guestMemfd.getPfn(snp.memslots.gfnToMemslot(0).orElseThrow(), 0).pfn();
    snp.srcu.readUnlock(idx);
    X86Mmu snpMmu = (X86Mmu) snp.archMmu;
    assertThat(snpMmu.rmp.assigned(pfn)).isTrue();
    assertThat(snp.guestMemfd.punchHole(0, 0, 1)).isZero();
    assertThat(snpMmu.rmp.assigned(pfn)).isFalse();
  }
}
