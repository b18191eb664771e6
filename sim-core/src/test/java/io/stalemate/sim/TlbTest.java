package io.stalemate.sim;

import static org.assertj.core.api.Assertions.assertThat;

import io.stalemate.machine.Access;
import io.stalemate.machine.Gfp;
import io.stalemate.machine.PageUse;
import io.stalemate.machine.Tlb;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** TLBs of two CPUs, driven by the boot task. */
final class TlbTest {

  private static final int VMID = 1;
  private static final int PAGE = 3;
  private static final int BLOCK = 2;
  private static final int RW = Tlb.READ | Tlb.WRITE;

  private final World world = DirectEngine.world();
  private Tlb tlb;
  private long pfn;

  @BeforeEach
  void machine() {
    world.begin(WorldOptions.of(2));
    tlb = world.machine().tlb();
    pfn = world.machine().pages().alloc(PageUse.USER, 1, Gfp.KERNEL);
    for (int i = 1; i < 4; i++) {
      world.machine().pages().alloc(PageUse.USER, 1, Gfp.KERNEL);
    }
  }

  private static long ipa(long gfn) {
    return gfn << 12;
  }

  private int load(int cpu, long gfn) {
    return tlb.access(cpu, VMID, gfn, Access.LOAD, 0);
  }

  private void fillPage(int cpu, long gfn) {
    tlb.walkBegin(cpu, VMID, gfn);
    assertThat(tlb.fill(cpu, VMID, PAGE, gfn, 1, pfn, RW)).isTrue();
  }

  private void fillBlock(int cpu) {
    tlb.walkBegin(cpu, VMID, 2);
    assertThat(tlb.fill(cpu, VMID, BLOCK, 0, 4, pfn, RW)).isTrue();
  }

  @Test
  void anEntryIsHitUntilTheBarrierThatFollowsItsInvalidation() {
    assertThat(load(0, 1)).isEqualTo(Tlb.MISS);
    fillPage(0, 1);
    assertThat(load(0, 1)).isEqualTo(Tlb.HIT);
    tlb.tlbiIpa(VMID, ipa(1), Tlb.LEVEL_ANY);
    assertThat(load(0, 1)).as("before the DSB").isEqualTo(Tlb.HIT);
    tlb.dsbIshst();
    assertThat(load(0, 1)).as("DSB ISHST is not that barrier").isEqualTo(Tlb.HIT);
    tlb.dsb();
    assertThat(load(0, 1)).isEqualTo(Tlb.MISS);
  }

  @Test
  void anotherTasksBarrierDoesNotCompleteTheInvalidation() {
    TlbState state = new TlbState();
    state.walkBegin(VMID, 1);
    state.fill(VMID, PAGE, 1, 1, pfn, RW);
    state.invalidate(0, VMID, 1, 1, Tlb.LEVEL_ANY);
    state.complete(1);
    assertThat(state.lookup(VMID, 1)).isZero();
    state.complete(0);
    assertThat(state.lookup(VMID, 1)).isEqualTo(-1);
  }

  @Test
  void aStoreThroughAnEntryIsWhatLaterLoadsSee() {
    fillPage(0, 1);
    fillPage(1, 1);
    assertThat(tlb.access(0, VMID, 1, Access.STORE, 0x77)).isEqualTo(Tlb.HIT);
    assertThat(load(1, 1)).isEqualTo(Tlb.HIT);
    assertThat(tlb.loaded()).isEqualTo(0x77);
  }

  @Test
  void anAccessThatTheEntryDoesNotPermitIsDeniedWithItsLevel() {
    tlb.walkBegin(0, VMID, 1);
    tlb.fill(0, VMID, PAGE, 1, 1, pfn, Tlb.READ);
    assertThat(load(0, 1)).isEqualTo(Tlb.HIT);
    assertThat(tlb.access(0, VMID, 1, Access.STORE, 1)).isEqualTo(Tlb.DENIED);
    assertThat(tlb.deniedLevel()).isEqualTo(PAGE);
    assertThat(tlb.access(0, VMID, 1, Access.FETCH, 0)).isEqualTo(Tlb.DENIED);
  }

  @Test
  void aWalkThatACompletedInvalidationOvertookMustStartAgain() {
    tlb.walkBegin(0, VMID, 1);
    tlb.tlbiIpa(VMID, ipa(1), Tlb.LEVEL_ANY);
    tlb.dsb();
    assertThat(tlb.fill(0, VMID, PAGE, 1, 1, pfn, RW)).isFalse();
    assertThat(load(0, 1)).isEqualTo(Tlb.MISS);
    fillPage(0, 1);
    tlb.walkBegin(0, VMID, 2);
    tlb.tlbiVmid(VMID);
    tlb.dsb();
    assertThat(tlb.walkFault(0, VMID, 2)).isFalse();
    tlb.walkBegin(0, VMID, 2);
    assertThat(tlb.walkFault(0, VMID, 2)).isTrue();
  }

  @Test
  void aWalkMayFillBeforeTheBarrierAndTheBarrierThenDropsTheEntry() {
    tlb.walkBegin(0, VMID, 1);
    tlb.tlbiIpa(VMID, ipa(1), Tlb.LEVEL_ANY);
    assertThat(tlb.fill(0, VMID, PAGE, 1, 1, pfn, RW)).isTrue();
    assertThat(load(0, 1)).isEqualTo(Tlb.HIT);
    tlb.dsb();
    assertThat(load(0, 1)).isEqualTo(Tlb.MISS);
  }

  @Test
  void aWalkThatBeginsAfterTheInvalidationIsNotTouchedByIt() {
    tlb.tlbiIpa(VMID, ipa(1), Tlb.LEVEL_ANY);
    fillPage(0, 1);
    tlb.dsb();
    assertThat(load(0, 1)).isEqualTo(Tlb.HIT);
  }

  @Test
  void aWalkForAnotherGfnOrVmidGoesOn() {
    tlb.walkBegin(0, VMID, 1);
    tlb.tlbiIpa(VMID, ipa(2), Tlb.LEVEL_ANY);
    tlb.tlbiVmid(VMID + 1);
    tlb.dsb();
    assertThat(tlb.fill(0, VMID, PAGE, 1, 1, pfn, RW)).isTrue();
  }

  @Test
  void aLevelHintDropsEntriesOfThatLevelOnly() {
    fillPage(0, 1);
    fillBlock(1);
    tlb.tlbiIpa(VMID, ipa(1), BLOCK);
    tlb.dsb();
    assertThat(load(0, 1)).isEqualTo(Tlb.HIT);
    assertThat(load(1, 1)).isEqualTo(Tlb.MISS);
    tlb.tlbiIpa(VMID, ipa(1), PAGE);
    tlb.dsb();
    assertThat(load(0, 1)).isEqualTo(Tlb.MISS);
  }

  @Test
  void aLevelHintCancelsWalksThatEndAtThatLevelOnly() {
    tlb.walkBegin(0, VMID, 1);
    tlb.walkBegin(1, VMID, 1);
    tlb.tlbiIpa(VMID, ipa(1), BLOCK);
    tlb.dsb();
    assertThat(tlb.fill(0, VMID, PAGE, 1, 1, pfn, RW)).isTrue();
    assertThat(tlb.fill(1, VMID, BLOCK, 0, 4, pfn, RW)).isFalse();
  }

  @Test
  void aLocalInvalidationReachesOneCpuABroadcastAll() {
    fillPage(0, 1);
    fillPage(1, 1);
    tlb.tlbiIpaLocal(0, VMID, ipa(1), Tlb.LEVEL_ANY);
    tlb.dsb();
    assertThat(load(0, 1)).isEqualTo(Tlb.MISS);
    assertThat(load(1, 1)).isEqualTo(Tlb.HIT);
    fillPage(0, 1);
    tlb.tlbiAll();
    tlb.dsb();
    assertThat(load(0, 1)).isEqualTo(Tlb.MISS);
    assertThat(load(1, 1)).isEqualTo(Tlb.MISS);
  }

  @Test
  void aBlockTranslatesEachOfItsPagesAndGoesWithAnyOfThem() {
    fillBlock(0);
    assertThat(tlb.access(0, VMID, 3, Access.STORE, 9)).isEqualTo(Tlb.HIT);
    assertThat(world.machine().pages().words(pfn + 3).at(0).readOnce()).isEqualTo(9);
    assertThat(load(0, 4)).as("past its end").isEqualTo(Tlb.MISS);
    tlb.tlbiIpa(VMID, ipa(0), Tlb.LEVEL_ANY);
    tlb.dsb();
    assertThat(load(0, 3)).isEqualTo(Tlb.MISS);
  }

  @Test
  void aRangeInvalidationDropsWhatItTouchesAndNothingElse() {
    for (long gfn = 1; gfn <= 4; gfn++) {
      fillPage(0, gfn);
    }
    tlb.tlbiRange(VMID, ipa(2), 2);
    tlb.dsb();
    assertThat(new int[] {load(0, 1), load(0, 2), load(0, 3), load(0, 4)})
        .containsExactly(Tlb.HIT, Tlb.MISS, Tlb.MISS, Tlb.HIT);
  }

  @Test
  void anotherVmidHasItsOwnEntries() {
    fillPage(0, 1);
    assertThat(tlb.access(0, VMID + 1, 1, Access.LOAD, 0)).isEqualTo(Tlb.MISS);
    tlb.tlbiVmid(VMID + 1);
    tlb.tlbiIpa(VMID + 1, ipa(1), Tlb.LEVEL_ANY);
    tlb.dsb();
    assertThat(load(0, 1)).isEqualTo(Tlb.HIT);
  }

  @Test
  void inveptDropsOneRootOrEveryRootOfItsCpuAtOnce() {
    fillPage(0, 1);
    fillBlock(0);
    fillPage(1, 1);
    tlb.invept(0, VMID + 1);
    assertThat(load(0, 1)).as("another root's").isEqualTo(Tlb.HIT);
    tlb.invept(0, VMID);
    assertThat(load(0, 1)).as("without a barrier").isEqualTo(Tlb.MISS);
    assertThat(load(0, 3)).as("the block as well").isEqualTo(Tlb.MISS);
    assertThat(load(1, 1)).as("another CPU").isEqualTo(Tlb.HIT);
    tlb.invept(1, Tlb.EVERY_ROOT);
    assertThat(load(1, 1)).isEqualTo(Tlb.MISS);
  }

  @Test
  void aWalkForWhatIsCachedReplacesItAndItsFaultDropsIt() {
    tlb.walkBegin(0, VMID, 1);
    tlb.fill(0, VMID, PAGE, 1, 1, pfn, Tlb.READ);
    assertThat(tlb.access(0, VMID, 1, Access.STORE, 1)).isEqualTo(Tlb.DENIED);
    fillPage(0, 1);
    assertThat(tlb.access(0, VMID, 1, Access.STORE, 1)).isEqualTo(Tlb.HIT);
    tlb.walkBegin(0, VMID, 1);
    assertThat(tlb.walkFault(0, VMID, 1)).isTrue();
    assertThat(load(0, 1)).isEqualTo(Tlb.MISS);
  }

  @Test
  void theOldestEntryMakesRoomWhenTheTlbIsFull() {
    for (long gfn = 0; gfn <= 64; gfn++) {
      fillPage(0, gfn);
    }
    assertThat(load(0, 0)).isEqualTo(Tlb.MISS);
    assertThat(load(0, 1)).isEqualTo(Tlb.HIT);
    assertThat(load(0, 64)).isEqualTo(Tlb.HIT);
  }
}
