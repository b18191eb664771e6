package io.stalemate.linux.arm64;

import static io.stalemate.linux.Errno.EBUSY;
import static io.stalemate.linux.Errno.EFAULT;
import static io.stalemate.linux.Errno.EINVAL;
import static io.stalemate.linux.arm64.CopyMteTags.TAGS_FROM_GUEST;
import static io.stalemate.linux.arm64.CopyMteTags.TAGS_TO_GUEST;
import static org.assertj.core.api.Assertions.assertThat;

import io.stalemate.linux.kvm.Era;
import io.stalemate.linux.kvm.KernelText;
import io.stalemate.linux.kvm.Kvm;
import io.stalemate.linux.kvm.KvmMemorySlot;
import io.stalemate.linux.mm.Gup;
import io.stalemate.linux.mm.MemMap;
import io.stalemate.linux.mm.MmStruct;
import io.stalemate.linux.mm.Mmap;
import io.stalemate.linux.mm.MmuNotifierSubscriptions;
import io.stalemate.linux.mm.VmaKind;
import io.stalemate.sim.DirectEngine;
import io.stalemate.sim.SimMachine;
import io.stalemate.sim.World;
import io.stalemate.sim.WorldOptions;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class MteCopyTagsTest {

  private static final long PAGE = 4096;
  private static final int PAGES = 4;
  private static final int WHOLE = 8;

  private final World world = DirectEngine.world();
  private final SimMachine m = world.machine();

  MteCopyTagsTest() {
    world.begin(WorldOptions.of(1));
  }

  /** A VM of four gfns, of which memslot 0 has the first three, on anonymous memory. */
  private Kvm vm(Era era, boolean mte) {
    Arm64Text text = Arm64Text.of(era, SmallVm.GEOMETRY);
    MemMap memMap = new MemMap(m, 1, 0, mte ? Optional.of(text.mte().host()) : Optional.empty());
    MmStruct mm = new MmStruct(memMap, new MmuNotifierSubscriptions(m), PAGES);
    Kvm kvm = new Kvm(m, KernelText.of(era, text::archMmu), mm, PAGES);
    new Mmap(mm).mmap(0, PAGES, VmaKind.ANON, 0, true);
    assertThat(kvm.memoryRegions.setMemoryRegion(0, 0, PAGES - 1, 0, 0)).isZero();
    return kvm;
  }

  private static long copy(Kvm kvm, long flags, long ipa, long length, UserTags user) {
    return Arm64Text.of(kvm.era, SmallVm.GEOMETRY).mte().copyTags().apply(kvm)
        .kvmVmIoctlMteCopyTags(new CopyMteTags(ipa, length, flags, 0, 0, user));
  }

  private static UserTags empty() {
    return new UserTags(new long[] {-1, -1, -1, -1, -1, -1, -1, -1}, WHOLE);
  }

  private static UserTags full(int mapped) {
    return new UserTags(new long[] {11, 12, 21, 22, 31, 32, 41, 42}, mapped);
  }

  private static long[] tags(UserTags user, int count) {
    long[] tags = new long[count];
    for (int i = 0; i < count; i++) {
      tags[i] = user.get(i);
    }
    return tags;
  }

  private static long[] read(Kvm kvm, int pages) {
    UserTags user = empty();
    assertThat(copy(kvm, TAGS_FROM_GUEST, 0, pages * PAGE, user)).isEqualTo(pages * PAGE);
    return tags(user, pages * 2);
  }

  private static long pfn(Kvm kvm, long hva) {
    long pfn = new Gup(kvm.mm).getUserPagesUnlocked(hva, true);
    kvm.mm.memMap.putPage(pfn);
    return pfn;
  }

  @ParameterizedTest
  @CsvSource({
      // ipa, length, flags, reserved0, reserved1
      "1, 4096, 0, 0, 0",
      "16, 4096, 1, 0, 0",
      "0, 4095, 0, 0, 0",
      "0, 16, 1, 0, 0",
      "0, 4096, 2, 0, 0",
      "0, 4096, 3, 0, 0",
      "0, 4096, -1, 0, 0",
      "0, 4096, 0, 1, 0",
      "0, 4096, 0, 0, 1",
  })
  void badArgumentsAreInvalid(long ipa, long length, long flags, long reserved0, long reserved1) {
    for (Era era : Arm64Text.ERAS) {
      Kvm kvm = vm(era, true);
      CopyMteTags args = new CopyMteTags(ipa, length, flags, reserved0, reserved1, full(WHOLE));
      assertThat(Arm64Text.of(era, SmallVm.GEOMETRY).mte().copyTags().apply(kvm).kvmVmIoctlMteCopyTags(args))
          .as(era.version()).isEqualTo(-EINVAL);
      assertThat(read(kvm, 1)).containsExactly(0, 0);
    }
  }

  @ParameterizedTest
  @CsvSource({"2147483648", "-4096"})
  void onlyTheNewestRefusesLengthsThatItsResultCannotSay(long length) {
    for (Era era : Arm64Text.ERAS) {
      long copied = copy(vm(era, true), TAGS_FROM_GUEST, 0, length, empty());
      assertThat(copied).as(era.version()).isEqualTo(era == Era.V6_12 ? -EINVAL : 3 * PAGE);
    }
  }

  @ParameterizedTest
  @EachEra
  void aVmWithoutTagsHasNoSuchCall(Era era) {
    assertThat(copy(vm(era, false), TAGS_FROM_GUEST, 0, PAGE, empty())).isEqualTo(-EINVAL);
  }

  @ParameterizedTest
  @EachEra
  void nothingIsCopiedForLengthZero(Era era) {
    assertThat(copy(vm(era, true), TAGS_TO_GUEST, 0, 0, full(WHOLE))).isZero();
  }

  @ParameterizedTest
  @EachEra
  void memoryThatIsNotThereFaults(Era era) {
    Kvm kvm = vm(era, true);
    assertThat(copy(kvm, TAGS_FROM_GUEST, 3 * PAGE, PAGE, empty())).isEqualTo(-EFAULT);
    assertThat(copy(kvm, TAGS_FROM_GUEST, -PAGE, PAGE, empty())).isEqualTo(-EFAULT);
    assertThat(new Mmap(kvm.mm).munmap(0, 1)).isZero();
    assertThat(copy(kvm, TAGS_TO_GUEST, 0, PAGE, full(WHOLE))).isEqualTo(-EFAULT);
  }

  @ParameterizedTest
  @EachEra
  void aReadOnlySlotIsReadAndNotWritten(Era era) {
    Kvm kvm = vm(era, true);
    assertThat(kvm.memoryRegions.setMemoryRegion(1, 3, 1, 3, KvmMemorySlot.KVM_MEM_READONLY)).isZero();
    assertThat(copy(kvm, TAGS_TO_GUEST, 3 * PAGE, PAGE, full(WHOLE))).isEqualTo(-EFAULT);
    assertThat(copy(kvm, TAGS_FROM_GUEST, 3 * PAGE, PAGE, empty())).isEqualTo(PAGE);
  }

  @ParameterizedTest
  @EachEra
  void whatIsWrittenIsRead(Era era) {
    Kvm kvm = vm(era, true);
    assertThat(copy(kvm, TAGS_TO_GUEST, 0, 3 * PAGE, full(WHOLE))).isEqualTo(3 * PAGE);
    assertThat(read(kvm, 3)).containsExactly(11, 12, 21, 22, 31, 32);
  }

  @ParameterizedTest
  @EachEra
  void pagesWithoutTagsReadAsZerosWhateverTheirFramesHold(Era era) {
    Kvm kvm = vm(era, true);
    assertThat(m.pages().tags(pfn(kvm, 0)).at(0).readOnce()).isNotZero();
    assertThat(read(kvm, 3)).containsExactly(0, 0, 0, 0, 0, 0);
  }

  @ParameterizedTest
  @EachEra
  void aCopyThatEndsEarlyTellsWholePages(Era era) {
    Kvm kvm = vm(era, true);
    assertThat(copy(kvm, TAGS_TO_GUEST, PAGE, 3 * PAGE, full(WHOLE))).as("the slot ends").isEqualTo(2 * PAGE);
    assertThat(copy(kvm, TAGS_TO_GUEST, 0, 3 * PAGE, full(3))).as("the buffer faults").isEqualTo(PAGE);
    assertThat(copy(kvm, TAGS_FROM_GUEST, 0, 3 * PAGE, new UserTags(new long[6], 5))).isEqualTo(2 * PAGE);
    assertThat(copy(kvm, TAGS_FROM_GUEST, 0, PAGE, new UserTags(new long[2], 1))).isEqualTo(-EFAULT);
    assertThat(copy(kvm, TAGS_TO_GUEST, 0, PAGE, full(0))).isEqualTo(-EFAULT);
  }

  @ParameterizedTest
  @EachEra
  void halfAPageOfTagsIsNotLeftOnAPageThatHadNone(Era era) {
    Kvm kvm = vm(era, true);
    assertThat(copy(kvm, TAGS_TO_GUEST, 0, PAGE, full(1))).isEqualTo(-EFAULT);
    assertThat(read(kvm, 1)).containsExactly(0, 0);
  }

  @Test
  void halfAPageOfTagsEndsWhatWasThereFromV62On() {
    for (Era era : Arm64Text.ERAS) {
      Kvm kvm = vm(era, true);
      copy(kvm, TAGS_TO_GUEST, 0, PAGE, full(WHOLE));
      copy(kvm, TAGS_TO_GUEST, 0, PAGE, new UserTags(new long[] {91, 92}, 1));
      assertThat(read(kvm, 1)).as(era.version()).containsExactly(
          era == Era.V5_15 ? new long[] {91, 12} : new long[] {0, 0});
    }
  }

  @ParameterizedTest
  @EachEra
  void everyWayOutDropsTheReferenceToThePage(Era era) {
    Kvm kvm = vm(era, true);
    long pfn = pfn(kvm, 0);
    for (int mapped = 0; mapped <= 2; mapped++) {
      copy(kvm, TAGS_TO_GUEST, 0, PAGE, full(mapped));
      copy(kvm, TAGS_FROM_GUEST, 0, PAGE, new UserTags(new long[2], mapped));
      assertThat(kvm.mm.memMap.pfnToPage(pfn).refCount()).as("%d tag words of user memory", mapped).isEqualTo(1);
    }
  }

  @Test
  void writesWhileDirtyPagesAreLoggedAreRefusedFromV612On() {
    for (Era era : Arm64Text.ERAS) {
      Kvm kvm = vm(era, true);
      kvm.memoryRegions.setMemoryRegion(0, 0, PAGES - 1, 0, KvmMemorySlot.KVM_MEM_LOG_DIRTY_PAGES);
      assertThat(copy(kvm, TAGS_TO_GUEST, 0, PAGE, full(WHOLE))).as(era.version())
          .isEqualTo(era == Era.V6_12 ? -EBUSY : PAGE);
      assertThat(copy(kvm, TAGS_FROM_GUEST, 0, PAGE, empty())).isEqualTo(PAGE);
    }
  }

  @ParameterizedTest
  @CsvSource({"V5_15, SHARED, -22", "V6_2, SHARED, 0", "V6_12, SHARED, 0", "V5_15, PFNMAP, 0", "V6_2, PFNMAP, -22",
      "V6_12, PFNMAP, -22", "V6_12, ANON, 0"})
  void memslotsOfAVmWithTagsNeedMemoryThatHasThem(Era era, VmaKind kind, int ret) {
    Kvm kvm = vm(era, true);
    assertThat(new Mmap(kvm.mm).mmap(3, 1, kind, 0, true)).isZero();
    assertThat(kvm.memoryRegions.setMemoryRegion(1, 3, 1, 3, 0)).isEqualTo(ret);
  }

  @Test
  void version9NamesTheMissingPageAndForgetsHowFarItCame() {
    Kvm kvm = vm(Era.V5_15, true);
    MteCopyTags reviewed = new MteCopyTagsV9(kvm);

    assertThat(reviewed.kvmVmIoctlMteCopyTags(new CopyMteTags(0, PAGE, 0, 0, 0, full(WHOLE)))).isZero();
    assertThat(reviewed.kvmVmIoctlMteCopyTags(new CopyMteTags(3 * PAGE, PAGE, 0, 0, 0, full(WHOLE)))).isEqualTo(-2);
    assertThat(reviewed.kvmVmIoctlMteCopyTags(new CopyMteTags(2 * PAGE, 2 * PAGE, 0, 0, 0, full(WHOLE)))).isEqualTo(-2);

    assertThat(copy(kvm, 0, 0, PAGE, full(WHOLE))).isEqualTo(PAGE);
    assertThat(copy(kvm, 0, 3 * PAGE, PAGE, full(WHOLE))).isEqualTo(-14);
    assertThat(copy(kvm, 0, 2 * PAGE, 2 * PAGE, full(WHOLE))).isEqualTo(PAGE);
  }
}
