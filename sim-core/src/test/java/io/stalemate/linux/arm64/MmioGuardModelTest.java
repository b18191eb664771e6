package io.stalemate.linux.arm64;

import static org.assertj.core.api.Assertions.assertThat;

import io.stalemate.cpu.GuestInstruction;
import io.stalemate.cpu.GuestRegisters;
import io.stalemate.linux.kvm.Era;
import io.stalemate.linux.mm.Mmap;
import io.stalemate.linux.mm.VmaKind;
import io.stalemate.machine.Tracepoint;
import io.stalemate.oracle.Ending;
import io.stalemate.sim.DirectEngine;
import io.stalemate.sim.Role;
import io.stalemate.sim.World;
import io.stalemate.sim.WorldOptions;
import io.stalemate.strategy.RandomWalk;
import io.stalemate.trace.Op;
import java.util.List;
import java.util.SplittableRandom;
import java.util.TreeSet;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Random calls, accesses, memslots and resets, one after the other, against sets of pages that say what happens. */
final class MmioGuardModelTest {

  private static final int PAGES = SmallVm.PAGES;
  private static final int OPERATIONS = 150;
  private static final int RUNS = 60;

  private final World world = DirectEngine.world();

  @ParameterizedTest
  @CsvSource({"V5_15,false", "V6_2,false", "V6_12,false", "V5_15,true", "V6_2,true", "V6_12,true"})
  void pagesAreDevicesAsLongAsTheGuardSays(Era era, boolean lasting) {
    for (long seed = 0; seed < RUNS; seed++) {
      SplittableRandom random = new SplittableRandom(seed);
      world.begin(WorldOptions.of(1));
      Arm64Text text = Arm64Text.of(era, SmallVm.GEOMETRY);
      SmallVm vm = new SmallVm(
          world.machine(), lasting ? text.withMmioGuard(MmioGuardLasting::new) : text, era, 1, 0);
      new Mmap(vm.mm).mmap(0, PAGES, VmaKind.ANON, 0, true);
      Model model = new Model(vm, lasting);
      KvmPgtable pgt = vm.arch.mmu().pgtable();
      world.addTask("vcpu0", Role.VCPU, () -> {
        for (int i = 0; i < OPERATIONS; i++) {
          model.step(random);
        }
        assertThat(new Tables(vm.m, SmallVm.GEOMETRY).miscounts(pgt.mmOps(), pgt.pgd())).isEmpty();
      });
      assertThat(world.run(new RandomWalk(), seed, 1_000_000)).as("seed %d", seed).isEqualTo(Ending.QUIESCENT);
    }
  }

  /** What is noted, what is memory, whether the guest has enrolled. */
  private final class Model {

    private final SmallVm vm;
    private final boolean lasting;
    private final TreeSet<Long> noted = new TreeSet<>();
    private final TreeSet<Long> memory = new TreeSet<>();
    private boolean enrolled;

    Model(SmallVm vm, boolean lasting) {
      this.vm = vm;
      this.lasting = lasting;
    }

    void step(SplittableRandom random) {
      long gfn = random.nextInt(PAGES);
      MmioGuard guard = vm.arch.mmioGuard();
      switch (random.nextInt(10)) {
        case 0 -> {
          guard.enroll(vm.kvm.vcpus().getFirst());
          enrolled = true;
        }
        case 1, 2 -> {
          boolean may = enrolled && !memory.contains(gfn);
          assertThat(guard.kvmInstallIoguardPage(vm.kvm.vcpus().getFirst(), gfn << 12)).isEqualTo(may);
          if (may) {
            noted.add(gfn);
          }
        }
        case 3 -> {
          boolean may = enrolled && noted.contains(gfn);
          assertThat(guard.kvmRemoveIoguardPage(vm.kvm.vcpus().getFirst(), gfn << 12)).isEqualTo(may);
          if (may) {
            noted.remove(gfn);
          }
        }
        case 4 -> slot(gfn);
        case 5 -> {
          if (random.nextInt(4) == 0) {
            reset(guard);
          }
        }
        default -> access(gfn);
      }
    }

    private void slot(long gfn) {
      boolean delete = memory.contains(gfn);
      assertThat(vm.kvm.memoryRegions.setMemoryRegion((int) gfn, delete ? 0 : gfn, delete ? 0 : 1, delete ? 0 : gfn, 0))
          .isZero();
      if (delete) {
        memory.remove(gfn);
        if (!lasting) {
          noted.remove(gfn);
        }
      } else {
        memory.add(gfn);
      }
    }

    private void reset(MmioGuard guard) {
      guard.kvmPrepareSystemEvent();
      if (enrolled && lasting) {
        noted.clear();
      } else if (enrolled) {
        noted.removeAll(memory);
      }
      enrolled = false;
    }

    private void access(long gfn) {
      int before = world.trace().size();
      vm.vcpus.getFirst().vmmThread(new GuestRegisters(List.of(GuestInstruction.load(gfn))));
      int exits = count(Tracepoint.MMIO_EXIT, before);
      int aborts = count(Tracepoint.MMIO_GUARD_FAILED, before);
      boolean memoryIsThere = memory.contains(gfn);
      boolean passes = !enrolled || noted.contains(gfn);
      assertThat(exits).isEqualTo(!memoryIsThere && passes ? 1 : 0);
      assertThat(aborts).isEqualTo(!memoryIsThere && !passes ? 1 : 0);
      if (memoryIsThere && !lasting) {
        noted.remove(gfn);
      }
    }

    private int count(Tracepoint point, int from) {
      int count = 0;
      for (int i = from; i < world.trace().size(); i++) {
        count += world.trace().op(i) == Op.TRACE && world.trace().point(i) == point ? 1 : 0;
      }
      return count;
    }
  }
}
