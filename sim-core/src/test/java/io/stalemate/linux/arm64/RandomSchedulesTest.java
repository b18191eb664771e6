package io.stalemate.linux.arm64;

import static org.assertj.core.api.Assertions.assertThat;

import io.stalemate.cpu.GuestInstruction;
import io.stalemate.linux.kvm.Era;
import io.stalemate.linux.kvm.KvmMemorySlot;
import io.stalemate.linux.mm.Migrate;
import io.stalemate.linux.mm.Mmap;
import io.stalemate.linux.mm.VmaKind;
import io.stalemate.linux.mm.Vmscan;
import io.stalemate.machine.Machine;
import io.stalemate.machine.Tracepoint;
import io.stalemate.oracle.Ending;
import io.stalemate.sim.DirectEngine;
import io.stalemate.sim.Role;
import io.stalemate.sim.World;
import io.stalemate.sim.WorldOptions;
import io.stalemate.strategy.RandomWalk;
import io.stalemate.trace.Op;
import io.stalemate.trace.Trace;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;

/** Every guest access of every schedule reaches the frame that the host maps at that moment. */
final class RandomSchedulesTest {

  private static final int SCHEDULES = 1500;

  /** What runs beside two vCPUs that store and load gfns 2 and 3. */
  private interface Neighbour {
    void run(SmallVm vm);
  }

  /** Makes a VM. */
  private interface Maker {
    SmallVm make(Machine m, Era era);
  }

  private static List<String> schedules(Era era, int count, Maker maker, Neighbour neighbour) {
    World world = DirectEngine.world();
    List<String> wrong = new ArrayList<>();
    for (long seed = 0; seed < count && wrong.isEmpty(); seed++) {
      world.begin(WorldOptions.of(2));
      SmallVm vm = maker.make(world.machine(), era);
      for (int cpu = 0; cpu < 2; cpu++) {
        int vcpu = cpu;
        world.addTask("vcpu" + vcpu, Role.VCPU, () -> vm.run(vcpu,
            GuestInstruction.store(3, 0x70 + vcpu),
            GuestInstruction.load(2),
            GuestInstruction.load(3),
            GuestInstruction.store(2, 0x80 + vcpu)));
      }
      world.addTask("host", Role.HOST_MM, () -> neighbour.run(vm));
      Ending ending = world.run(new RandomWalk(), seed, 20_000);
      if (ending != Ending.QUIESCENT) {
        wrong.add("seed " + seed + ": " + ending);
      }
      judge(world.trace(), seed, wrong);
      TablePages mmOps = vm.arch.mmu().pgtable().mmOps;
      for (String miscount : new Tables(vm.m, SmallVm.GEOMETRY).miscounts(mmOps, vm.arch.mmu().pgtable().pgd())) {
        wrong.add("seed " + seed + ": " + miscount);
      }
    }
    return wrong;
  }

  /** hva is gfn in these VMs. */
  private static void judge(Trace trace, long seed, List<String> wrong) {
    long[] hostPfn = new long[SmallVm.PAGES];
    for (int i = 0; i < trace.size(); i++) {
      Op op = trace.op(i);
      if (op == Op.TRACE && trace.point(i) == Tracepoint.HOST_PTE) {
        hostPfn[(int) trace.a(i)] = trace.c(i);
      } else if (op == Op.GUEST_LOAD || op == Op.GUEST_STORE) {
        int gfn = (int) trace.a(i);
        long host = hostPfn[gfn];
        // A huge page is one entry for the hardware, though the host model writes it page by page.
        boolean hugeUnderWay = host == 0 && hostPfn[gfn & ~1] + (gfn & 1) == trace.b(i);
        if (host != trace.b(i) && !hugeUnderWay) {
          wrong.add("seed " + seed + " event " + i + ": gfn " + gfn + " reached pfn " + trace.b(i)
              + ", the host maps " + host);
        }
      } else if (op == Op.WARN) {
        wrong.add("seed " + seed + " event " + i + ": " + trace.textAt((int) trace.a(i)));
      }
    }
  }

  private static SmallVm anonymous(Machine m, Era era) {
    return SmallVm.of(m, era, 2);
  }

  private static SmallVm huge(Machine m, Era era) {
    return SmallVm.hugetlb(m, era, 2);
  }

  @ParameterizedTest
  @EachEra
  void faultsAgainstReclaimAndMigration(Era era) {
    assertThat(schedules(era, SCHEDULES, RandomSchedulesTest::anonymous, vm -> {
      new Vmscan(vm.mm).shrinkPage(3);
      new Migrate(vm.mm).migratePage(3);
      new Vmscan(vm.mm).age(2, 2);
      new Vmscan(vm.mm).shrinkPage(3);
    })).isEmpty();
  }

  @ParameterizedTest
  @EachEra
  void faultsAgainstRemappingWithSmallerPages(Era era) {
    assertThat(schedules(era, SCHEDULES, RandomSchedulesTest::huge, vm -> {
      new Mmap(vm.mm).munmap(2, 2);
      new Mmap(vm.mm).mmap(2, 2, VmaKind.ANON, 0, true);
    })).isEmpty();
  }

  @ParameterizedTest
  @EachEra
  void faultsAgainstLoggingOnBlocks(Era era) {
    assertThat(schedules(era, SCHEDULES, RandomSchedulesTest::huge, vm -> {
      vm.slot(KvmMemorySlot.KVM_MEM_LOG_DIRTY_PAGES);
      vm.slot(0);
    })).isEmpty();
  }

  @ParameterizedTest
  @EachEra
  void faultsAgainstSlotDeletion(Era era) {
    assertThat(schedules(era, SCHEDULES, RandomSchedulesTest::anonymous, vm -> {
      vm.kvm.memoryRegions.setMemoryRegion(0, 0, 0, 0, 0);
      vm.slot(0);
    })).isEmpty();
  }

  /** The canary: without the retry check the judge must speak up. */
  @Test
  void aFaultPathWithoutRetryCheckIsCaught() {
    Arm64Text broken = Arm64Text.of(Era.V6_12, SmallVm.GEOMETRY)
        .withUserMemAbort((kvm, mmu) -> new UserMemAbortV612(kvm, mmu) {
          @Override
          protected boolean recheck(StageTwoFault fault, FaultinPage page) {
            return false;
          }
        });
    Maker maker = (m, era) -> {
      SmallVm vm = new SmallVm(m, broken, era, 2, 0);
      new Mmap(vm.mm).mmap(0, SmallVm.PAGES, VmaKind.ANON, 0, true);
      vm.slot(0);
      return vm;
    };
    assertThat(schedules(Era.V6_12, 50_000, maker, vm -> {
      new Mmap(vm.mm).madviseDontneed(2, 2);
      new Mmap(vm.mm).madviseDontneed(2, 2);
    })).isNotEmpty();
  }
}
