package io.stalemate.linux.mm;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The host's memory management against itself, under random walks: data survives and references add up. */
class MmRacesTest {

  private static final int SEEDS = 1500;

  private static void pin(HostVm vm, long hva, boolean write) {
    long pfn = vm.gup.getUserPagesFastOnly(hva, write);
    if (pfn == 0) {
      pfn = vm.gup.getUserPagesUnlocked(hva, write);
    }
    if (pfn > 0) {
      vm.mm.memMap.putPage(pfn);
    }
  }

  @Test
  void dataSurvivesReclaimMigrationAndFaults() {
    int swapped = 0;
    int migrated = 0;
    for (long seed = 0; seed < SEEDS; seed++) {
      HostVm vm = new HostVm();
      vm.mmap.mmap(0, 2, VmaKind.ANON, 0, true);
      vm.store(0, 42);
      int[] ret = new int[2];
      vm.task("reclaim", () -> ret[0] = vm.vmscan.shrinkPage(0));
      vm.task("compact", () -> ret[1] = vm.migrate.migratePage(0));
      vm.task("gup0", () -> pin(vm, 0, true));
      vm.task("gup1", () -> pin(vm, 0, false));
      vm.run(seed);
      swapped += ret[0] == 0 ? 1 : 0;
      migrated += ret[1] == 0 ? 1 : 0;
      assertThat(vm.fault.doPageFault(0, false)).isZero();
      assertThat(vm.token(0)).as("seed %d", seed).isEqualTo(42);
      vm.assertAccountsBalance(seed);
    }
    assertThat(swapped).isPositive();
    assertThat(migrated).isPositive();
  }

  @Test
  void referencesAddUpWhenMappingsGoUnderReclaimAndMigration() {
    for (long seed = 0; seed < SEEDS; seed++) {
      HostVm vm = new HostVm();
      vm.mmap.mmap(0, 2, VmaKind.ANON, 0, true);
      vm.store(0, 42);
      vm.task("reclaim", () -> vm.vmscan.shrinkPage(0));
      vm.task("gup", () -> pin(vm, 0, true));
      vm.task("unmap", () -> vm.mmap.munmap(0, 1));
      vm.task("compact", () -> vm.migrate.migratePage(0));
      vm.run(seed);
      vm.assertAccountsBalance(seed);
    }
  }

  @Test
  void aWriteDuringAMergeNeverReachesTheOtherPage() {
    int merged = 0;
    for (long seed = 0; seed < SEEDS; seed++) {
      HostVm vm = new HostVm();
      vm.mmap.mmap(0, 2, VmaKind.ANON, 0, true);
      vm.store(0, 9);
      vm.store(1, 9);
      int[] ret = new int[1];
      vm.task("ksmd", () -> ret[0] = vm.ksm.mergePages(0, 1));
      vm.task("writer", () -> {
        // As a direct write does: the page stays writable only as long as the reference keeps ksmd off.
        long pfn = vm.gup.getUserPagesUnlocked(1, true);
        vm.m.pages().words(pfn).at(0).writeOnce(10);
        vm.mm.memMap.putPage(pfn);
      });
      vm.run(seed);
      merged += ret[0] == 0 ? 1 : 0;
      vm.fault.doPageFault(0, false);
      vm.fault.doPageFault(1, false);
      assertThat(vm.token(0)).as("seed %d", seed).isEqualTo(9);
      assertThat(vm.token(1)).as("seed %d", seed).isEqualTo(10);
      vm.assertAccountsBalance(seed);
    }
    assertThat(merged).isPositive();
  }

  @Test
  void gupFastNeverYieldsAFrameThatIsNowSomebodyElses() {
    int found = 0;
    for (long seed = 0; seed < SEEDS; seed++) {
      HostVm vm = new HostVm();
      vm.mmap.mmap(0, 2, VmaKind.ANON, 0, true);
      vm.store(0, 42);
      List<Long> tokens = new ArrayList<>();
      vm.task("gup", () -> {
        long pfn = vm.gup.getUserPagesFastOnly(0, true);
        if (pfn != 0) {
          tokens.add(vm.m.pages().words(pfn).at(0).readOnce());
          vm.mm.memMap.putPage(pfn);
        }
      });
      vm.task("host", () -> {
        vm.mmap.munmap(0, 1);
        vm.store(1, 99);
      });
      vm.run(seed);
      assertThat(tokens).as("seed %d", seed).doesNotContain(99L);
      found += tokens.size();
      vm.assertAccountsBalance(seed);
    }
    assertThat(found).isPositive();
  }

  @Test
  void sharedPagesAddUpUnderHolesFaultsAndMigration() {
    for (long seed = 0; seed < SEEDS; seed++) {
      HostVm vm = new HostVm();
      vm.mmap.mmap(0, 2, VmaKind.SHARED, 0, true);
      vm.store(0, 42);
      vm.task("punch", () -> vm.shmem.punchHole(0, 1));
      vm.task("gup", () -> pin(vm, 0, true));
      vm.task("compact", () -> vm.migrate.migratePage(0));
      vm.task("dontneed", () -> vm.mmap.madviseDontneed(0, 2));
      vm.run(seed);
      vm.assertAccountsBalance(seed);
      long cached = vm.mm.pageCache.at(0).readOnce();
      long mapped = Pte.pfn(vm.mm.pte(0).readOnce());
      assertThat(mapped == 0 || mapped == cached).as("seed %d: a mapped page is in the cache", seed).isTrue();
    }
  }

  @Test
  void hugePagesAddUpWhenFaultedByTwo() {
    for (long seed = 0; seed < 300; seed++) {
      HostVm vm = new HostVm();
      vm.mmap.mmap(0, 4, VmaKind.HUGETLB, 1, true);
      vm.task("gup0", () -> pin(vm, 0, true));
      vm.task("gup1", () -> pin(vm, 1, true));
      vm.task("unmap", () -> vm.mmap.munmap(0, 2));
      vm.run(seed);
      vm.assertAccountsBalance(seed);
    }
  }
}
