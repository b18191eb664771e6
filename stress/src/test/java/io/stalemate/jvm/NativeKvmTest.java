package io.stalemate.jvm;

import static org.assertj.core.api.Assertions.assertThat;

import io.stalemate.cpu.GuestInstruction;
import io.stalemate.linux.kvm.ExitReason;
import io.stalemate.linux.kvm.Kvm;
import io.stalemate.linux.kvm.KvmMemorySlot;
import io.stalemate.linux.mm.Gup;
import io.stalemate.machine.Machine;
import io.stalemate.race.Race;
import io.stalemate.race.Races;
import io.stalemate.scenario.HostAction;
import io.stalemate.scenario.Kernel;
import io.stalemate.scenario.MappingKind;
import io.stalemate.scenario.Scenario;
import io.stalemate.scenario.SystemUnderTest;
import io.stalemate.scenario.file.Catalogue;
import io.stalemate.testbed.BootedVm;
import io.stalemate.testbed.GuestVcpu;
import io.stalemate.testbed.KvmSetup;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** KVM's text, the same that worlds run, on threads: every built-in scenario of a VM, on each of its kernels. */
class NativeKvmTest {

  private static final int ROUNDS = 4;
  private static final long TOKEN = 0x600D;

  /** The scenarios that boot a VM on arm64 or x86. */
  private static Stream<Scenario> scenarios() {
    Catalogue catalogue = new Catalogue();
    return catalogue.entries().stream().map(entry -> catalogue.scenario(entry.name()))
        .filter(scenario -> !kernels(scenario).isEmpty());
  }

  private static List<Kernel> kernels(Scenario scenario) {
    return scenario.kernels().stream()
        .filter(kernel -> kernel.system() == SystemUnderTest.KVM_ARM64 || kernel.system() == SystemUnderTest.KVM_X86)
        .toList();
  }

  @ParameterizedTest
  @MethodSource("scenarios")
  void runsOnThreads(Scenario scenario) {
    for (Kernel kernel : kernels(scenario)) {
      KvmSetup setup = KvmSetup.of(scenario, kernel, Optional.empty());
      for (int round = 0; round < ROUNDS; round++) {
        NativeMachine m = new NativeMachine(scenario.vm().cpus());
        BootedVm vm = setup.boot(m);
        Bindings.runThreads(IntStream.range(0, scenario.tasks().size()).mapToObj(vm::task).toList());
        m.rcuBarrier();
        assertSound(m, vm, scenario.tasks().size());
      }
    }
  }

  /** What must hold of any VM whose tasks have ended. */
  private static void assertSound(NativeMachine m, BootedVm vm, int vcpu) {
    assertThat(m.warnings()).as("warnings").isEmpty();
    Kvm kvm = vm.kvm();
    assertThat(kvm.mmuInvalidateInProgress.read()).as("invalidations in progress").isZero();
    assertThat(kvm.mnActiveInvalidateCount.read()).as("open notifier pairs").isZero();
    assertThat(gfnsElsewhere(m, vm, vm.vcpu(vcpu, 0))).as("gfns whose stores the host does not see").isEmpty();
  }

  /** Stores to every page of memory that guest and host share, and yields the gfns where the host finds it not. */
  private static List<Long> gfnsElsewhere(Machine m, BootedVm vm, GuestVcpu vcpu) {
    Kvm kvm = vm.kvm();
    kvm.slotsLock.lock();
    List<KvmMemorySlot> slots = kvm.memslots.kvmMemslotsLocked().slots();
    kvm.slotsLock.unlock();
    Gup gup = new Gup(kvm.mm);
    List<Long> elsewhere = new ArrayList<>();
    for (KvmMemorySlot slot : slots) {
      for (long gfn = slot.baseGfn(); gfn < slot.baseGfn() + slot.npages(); gfn++) {
        if (gfn < kvm.gfnsMax && kvm.memAttributes.isPrivate(gfn)) {
          continue;
        }
        long pfn = gup.getUserPagesUnlocked(slot.gfnToHva(gfn), true);
        if (pfn <= 0) {
          continue;
        }
        boolean stored = vcpu.enter(GuestInstruction.store(gfn, TOKEN + gfn)) == ExitReason.SYSTEM_EVENT;
        if (stored && m.pages().words(pfn).at(0).readOnce() != TOKEN + gfn) {
          elsewhere.add(gfn);
        }
        kvm.mm.memMap.putPage(pfn);
      }
    }
    return elsewhere;
  }

  @Test
  void aTranslationThatTheHostTookAwayShows() {
    Scenario scenario = new Catalogue().scenario("fault-vs-invalidate");
    for (SystemUnderTest system : List.of(SystemUnderTest.KVM_ARM64, SystemUnderTest.KVM_X86)) {
      assertThat(elsewhereAfterRemap(scenario, scenario.kernel(system), Optional.empty())).as("%s", system).isEmpty();
    }
    Race race = Races.byName("no-tlb-flush-on-unmap");
    assertThat(elsewhereAfterRemap(scenario, scenario.kernel(SystemUnderTest.KVM_ARM64), Optional.of(race)))
        .containsExactly(0L);
  }

  /** The guest stores to gfn 0, the host maps other memory there. */
  private static List<Long> elsewhereAfterRemap(Scenario scenario, Kernel kernel, Optional<Race> race) {
    NativeMachine m = new NativeMachine(scenario.vm().cpus());
    BootedVm vm = KvmSetup.of(scenario, kernel, race).boot(m);
    GuestVcpu vcpu = vm.vcpu(scenario.tasks().size(), 0);
    assertThat(vcpu.enter(GuestInstruction.store(0, 1))).isEqualTo(ExitReason.SYSTEM_EVENT);
    long hva = scenario.vm().memslots().getFirst().hva();
    // A pin: the host cannot give the same frame out again.
    assertThat(new Gup(vm.kvm().mm).getUserPagesUnlocked(hva, true)).isPositive();
    assertThat(vm.perform(new HostAction.Remap(hva, 1, MappingKind.ANON, 0, true))).isZero();
    return gfnsElsewhere(m, vm, vcpu);
  }
}
