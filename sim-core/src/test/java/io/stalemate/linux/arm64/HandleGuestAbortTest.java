package io.stalemate.linux.arm64;

import static org.assertj.core.api.Assertions.assertThat;

import io.stalemate.cpu.GuestInstruction;
import io.stalemate.cpu.GuestRegisters;
import io.stalemate.cpu.Syndrome;
import io.stalemate.linux.Errno;
import io.stalemate.linux.kvm.Era;
import io.stalemate.linux.kvm.ExitReason;
import io.stalemate.linux.kvm.KvmMemorySlot;
import io.stalemate.linux.kvm.KvmRun;
import io.stalemate.linux.kvm.KvmVcpu;
import io.stalemate.linux.mm.Mmap;
import io.stalemate.linux.mm.VmaKind;
import io.stalemate.machine.Access;
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
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;

/** Every combination of facts through the kernel's text, against the rules written down a second time. */
final class HandleGuestAbortTest {

  private static final int[] FAULTS = {
    Syndrome.FSC_TRANSLATION, Syndrome.FSC_PERMISSION, Syndrome.FSC_ACCESS_FLAG, Syndrome.FSC_EXTERNAL,
    Syndrome.FSC_EXTERNAL_TTW, Syndrome.FSC_ECC, Syndrome.FSC_ECC_TTW, Syndrome.FSC_ADDRESS_SIZE, 0x20, 0x30
  };
  private static final int IPA_LIMIT = 20;
  private static final long HOST_IPA = 1L << 17;
  private static final long BEYOND_IPA = 1L << 21;
  private static final long FAR = 0xabc123;
  private static final long OFFSET = 0x123;
  private static final long NONE_GFN = 6;
  private static final long RO_GFN = 4;
  private static final long RW_GFN = 2;
  private static final long DEVICE_GFN = 7;
  private static final long RO_DEVICE_GFN = 5;

  private enum Slot { NONE, RO, RW }

  private enum Range { VM, HOST, BEYOND }

  /** One abort. */
  private record Facts(
      Era era, int fault, Range range, Slot slot, Access access, boolean s1ptw, boolean cm, boolean isv, VmCaps caps,
      boolean device) {

    long esr() {
      long ec = access == Access.FETCH ? Syndrome.EC_INSTRUCTION_ABORT : Syndrome.EC_DATA_ABORT;
      return ec << 26 | fault | 3 | (access == Access.STORE ? Syndrome.WNR : 0) | (s1ptw ? Syndrome.S1PTW : 0)
          | (cm ? Syndrome.CM : 0) | (isv ? Syndrome.ISV : 0);
    }

    long ipa() {
      long gfn = switch (slot) {
        case NONE -> device ? DEVICE_GFN : NONE_GFN;
        case RO -> device ? RO_DEVICE_GFN : RO_GFN;
        case RW -> RW_GFN;
      };
      return switch (range) {
        case VM -> gfn << 12;
        case HOST -> HOST_IPA;
        case BEYOND -> BEYOND_IPA;
      };
    }

    /** What must become of it, in the words of {@link #said}. */
    String expected() {
      boolean fetch = access == Access.FETCH;
      String abortClass = fetch ? "pabt " : "dabt ";
      if (fault == Syndrome.FSC_TRANSLATION && range != Range.VM && era != Era.V5_15) {
        return (range == Range.BEYOND ? "size " : "") + abortClass + Long.toHexString(ipa() | OFFSET);
      }
      if (fault >= 0x10 && fault < 0x20) {
        return caps.claimsSea() ? "claimed" : "serror";
      }
      boolean handled = fault == 0x04 || fault == 0x08 || fault == 0x0c;
      if (!handled) {
        return "errno 14";
      }
      boolean write = s1ptw ? fault == 0x0c : access == Access.STORE;
      if (slot == Slot.NONE || slot == Slot.RO && write) {
        if (fetch || s1ptw) {
          return abortClass + Long.toHexString(FAR);
        }
        return slot == Slot.NONE && cm ? "skip" : mmio();
      }
      return fault == 0x08 ? "age" : "map";
    }

    private String mmio() {
      String at = Long.toHexString(ipa() | OFFSET);
      if (isv) {
        return (device ? "device " : "mmio ") + at;
      }
      if (caps.protectedVm() && era == Era.V6_12) {
        return "dabt " + Long.toHexString(FAR);
      }
      return caps.nisvToUser() ? "nisv " + at : "errno 38";
    }
  }

  private static List<Facts> facts(Era era, VmCaps caps) {
    List<Facts> all = new ArrayList<>();
    for (int fault : FAULTS) {
      for (Range range : Range.values()) {
        for (Slot slot : range == Range.VM ? Slot.values() : new Slot[] {Slot.NONE}) {
          for (Access access : Access.values()) {
            for (int bits = 0; bits < 16; bits++) {
              boolean device = (bits & 8) != 0;
              if (!device || slot != Slot.RW && range == Range.VM) {
                all.add(new Facts(era, fault, range, slot, access, (bits & 1) != 0, (bits & 2) != 0, (bits & 4) != 0,
                    caps, device));
              }
            }
          }
        }
      }
    }
    return all;
  }

  @ParameterizedTest
  @EachEra
  void everyCombinationOfFactsIsDecidedAsWrittenDown(Era era) {
    for (int caps = 0; caps < 8; caps++) {
      VmCaps vmCaps = new VmCaps((caps & 1) != 0, (caps & 2) != 0, (caps & 4) != 0, IPA_LIMIT);
      List<Facts> all = facts(era, vmCaps);
      World world = DirectEngine.world();
      world.begin(WorldOptions.of(1));
      SmallVm vm = new SmallVm(world.machine(), Arm64Text.of(era, SmallVm.GEOMETRY), era, 1, 0);
      HandleGuestAbort handler = Arm64Text.of(era, SmallVm.GEOMETRY).handleGuestAbort().link(vm.arch, vmCaps);
      world.addTask("vcpu0", Role.VCPU, () -> run(vm, handler, all));
      assertThat(world.run(new RandomWalk(), 1, 4_000_000)).isEqualTo(Ending.QUIESCENT);
      List<String> outcomes = outcomes(world.trace());
      assertThat(outcomes).hasSameSizeAs(all);
      for (int i = 0; i < outcomes.size(); i++) {
        assertThat(outcomes.get(i)).as("%s", all.get(i)).isEqualTo(all.get(i).expected());
      }
    }
  }

  private static void run(SmallVm vm, HandleGuestAbort handler, List<Facts> all) {
    new Mmap(vm.mm).mmap(0, SmallVm.PAGES, VmaKind.ANON, 0, true);
    vm.kvm.memoryRegions.setMemoryRegion(0, RW_GFN, 2, 0, 0);
    vm.kvm.memoryRegions.setMemoryRegion(1, RO_GFN, 2, 2, KvmMemorySlot.KVM_MEM_READONLY);
    vm.kvm.slotsLock.lock();
    vm.kvm.ioBus.registerDev(DEVICE_GFN << 12, 0x1000);
    vm.kvm.ioBus.registerDev(RO_DEVICE_GFN << 12, 0x1000);
    vm.kvm.slotsLock.unlock();
    KvmVcpu vcpu = vm.kvm.vcpus().getFirst();
    KvmRun kvmRun = vm.vcpus.getFirst().run();
    for (Facts facts : all) {
      GuestRegisters regs = new GuestRegisters(List.of(GuestInstruction.load(0)));
      kvmRun.exit(ExitReason.UNKNOWN);
      int ret = handler.kvmHandleGuestAbort(vcpu, regs, kvmRun, facts.esr(), FAR, facts.ipa());
      // What the loop around makes of it.
      int reason = ret < 0 ? ExitReason.ERROR.ordinal() : kvmRun.exitReason().ordinal();
      vm.m.trace(Tracepoint.VCPU_EXIT, 0, reason, kvmRun.faultAddress(), Math.max(-ret, 0));
    }
  }

  /** What became of each abort: the first of the events after it that says. */
  private static List<String> outcomes(Trace trace) {
    List<String> outcomes = new ArrayList<>();
    boolean open = false;
    for (int event = 0; event < trace.size(); event++) {
      if (trace.op(event) == Op.TRACE) {
        if (trace.point(event) == Tracepoint.GUEST_ABORT) {
          open = true;
        } else if (open && !said(trace, event).isEmpty()) {
          open = false;
          outcomes.add(said(trace, event));
        }
      }
    }
    return outcomes;
  }

  private static String said(Trace trace, int event) {
    String at = Long.toHexString(trace.b(event));
    return switch (trace.point(event)) {
      case INJECT_ABORT -> trace.d(event) == 2
          ? "serror"
          : (trace.d(event) == 1 ? "size " : "") + (trace.c(event) == 1 ? "pabt " : "dabt ") + at;
      case GUEST_SEA -> trace.b(event) == 1 ? "claimed" : "";
      case SKIP_INSTR -> "skip";
      case MMIO_IN_KERNEL -> "device " + at;
      case ACCESS_FAULT -> "age";
      case FAULT_DONE -> "map";
      case VCPU_EXIT -> switch (ExitReason.values()[(int) trace.b(event)]) {
        case MMIO -> "mmio " + Long.toHexString(trace.c(event));
        case ARM_NISV -> "nisv " + Long.toHexString(trace.c(event));
        default -> "errno " + trace.d(event);
      };
      default -> "";
    };
  }

  private static Trace traceOf(Era era, VmCaps caps, Consumer<SmallVm> test) {
    World world = DirectEngine.world();
    world.begin(WorldOptions.of(1));
    SmallVm vm = SmallVm.of(world.machine(), era, 1, caps);
    world.addTask("vcpu0", Role.VCPU, () -> test.accept(vm));
    assertThat(world.run(new RandomWalk(), 1, 100_000)).isEqualTo(Ending.QUIESCENT);
    return world.trace();
  }

  @ParameterizedTest
  @EachEra
  void aWalkThatSetsAFlagFaultsTwiceAndNeverLeaves(Era era) {
    GuestInstruction load = GuestInstruction.load(3);
    Trace trace = traceOf(era, VmCaps.none(), vm -> {
      vm.run(0, load.walkingIn(5));
      // Read-only at first: the walk's fault is a read, and the page is mapped as the host has it.
      assertThat(new Mmap(vm.mm).mprotect(5, 1, false)).isZero();
      vm.run(0, load.walkingIn(5));
      assertThat(new Mmap(vm.mm).mprotect(5, 1, true)).isZero();
      vm.run(0, load.updatingIn(5, 0x77));
    });
    assertThat(outcomes(trace)).containsOnly("map").hasSizeGreaterThanOrEqualTo(3);
  }

  @ParameterizedTest
  @EachEra
  void anErrorInMemoryIsTheHostsOrTheGuests(Era era) {
    GuestInstruction load = GuestInstruction.load(3);
    assertThat(outcomes(traceOf(era, VmCaps.none(), vm -> vm.run(0, load.failing())))).containsExactly("serror");
    assertThat(outcomes(traceOf(era, new VmCaps(false, false, true, 48), vm -> vm.run(0, load.failing()))))
        .as("the second attempt finds the page").containsExactly("claimed", "map");
  }

  @Test
  void anAccessGivenUpIsGivenUpWithItsWalk() {
    GuestInstruction load = GuestInstruction.load(3);
    Trace trace = traceOf(Era.V6_12, VmCaps.none(), vm -> {
      vm.kvm.memoryRegions.setMemoryRegion(0, 0, 0, 0, 0);
      assertThat(vm.run(0, load.walkingIn(5), load, GuestInstruction.load(4))).isZero();
    });
    assertThat(outcomes(trace)).containsExactly("dabt 3000", "mmio 4000");
  }

  @Test
  void whatNobodyCanDecodeEndsTheVmOrLeavesToAVmmThatVolunteered() {
    GuestInstruction pair = GuestInstruction.store(99, 0x77).offsetBy(8).undecodable();
    assertThat(outcomes(traceOf(Era.V5_15, VmCaps.none(), vm ->
        assertThat(vm.run(0, pair)).isEqualTo(-Errno.ENOSYS)))).containsExactly("errno 38");
    assertThat(outcomes(traceOf(Era.V5_15, new VmCaps(true, false, false, 48), vm ->
        assertThat(vm.run(0, pair)).isZero()))).containsExactly("nisv 63008");
  }
}
