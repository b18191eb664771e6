package io.stalemate.linux.x86;

import static org.assertj.core.api.Assertions.assertThat;

import io.stalemate.cpu.GuestInstruction;
import io.stalemate.cpu.GuestRegisters;
import io.stalemate.linux.kvm.Era;
import io.stalemate.linux.kvm.ExitReason;
import io.stalemate.linux.kvm.KvmPfn;
import io.stalemate.linux.kvm.KvmRun;
import io.stalemate.linux.kvm.MemAttributes;
import io.stalemate.machine.Access;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Every combination of facts through the fault path, against the rules written down a second time. */
final class PageFaultTest {

  private enum Place { NOWHERE, INVALID, READ_ONLY, PLAIN, GMEM, APIC }

  private enum Entry { NONE, MMIO, OLD_MMIO }

  /** One fault. */
  private record Facts(
      Era era, VmType type, Place place, Entry entry, Access access, boolean encrypted, boolean attribute, boolean l2,
      boolean apicv, boolean caching) {

    boolean rsvd() {
      return entry != Entry.NONE;
    }

    long errorCode() {
      return (rsvd() ? PfErrorCode.RSVD : 0)
          | (access == Access.STORE ? PfErrorCode.WRITE : 0)
          | (access == Access.FETCH ? PfErrorCode.FETCH : 0)
          | (encrypted ? PfErrorCode.GUEST_ENC | PfErrorCode.PRIVATE_ACCESS : 0);
    }

    /** What must become of it, in the words of {@link #said}. */
    String expected() {
      return era == Era.V6_8 ? before() : after();
    }

    private String after() {
      if (rsvd() && encrypted) {
        return "errno 14";
      }
      if (entry == Entry.MMIO) {
        return emulated(true);
      }
      boolean wantsPrivate = type == VmType.SW_PROTECTED ? attribute && !rsvd() : encrypted;
      if (wantsPrivate != attribute) {
        return "convert to " + (wantsPrivate ? "private" : "shared");
      }
      if (place == Place.NOWHERE || place == Place.APIC && l2) {
        return wantsPrivate ? "convert to private" : emulated(true);
      }
      if (place == Place.INVALID) {
        return "again";
      }
      if (place == Place.APIC && !apicv) {
        return wantsPrivate ? "convert to private" : emulated(false);
      }
      return memory(wantsPrivate);
    }

    private String before() {
      if (entry == Entry.MMIO) {
        return emulated(true);
      }
      if (place == Place.INVALID) {
        return "again";
      }
      if (l2 && (place == Place.NOWHERE || place == Place.APIC)) {
        return emulated(true);
      }
      if (place == Place.APIC && !apicv) {
        return emulated(false);
      }
      // The gfn's attribute decides whether the fault is private, so they never differ.
      if (place == Place.NOWHERE && !attribute) {
        return emulated(true);
      }
      return memory(attribute);
    }

    private String memory(boolean wantsPrivate) {
      if (wantsPrivate) {
        return place == Place.GMEM ? "mapped gmem w" : "convert to private";
      }
      if (place == Place.READ_ONLY) {
        return access == Access.STORE ? emulated(false) : "mapped host r";
      }
      return "mapped host w";
    }

    private String emulated(boolean known) {
      if (access == Access.FETCH) {
        boolean memory = place == Place.READ_ONLY || place == Place.PLAIN || place == Place.GMEM || place == Place.APIC;
        return memory ? "emulated" : "undecodable";
      }
      if (place == Place.APIC) {
        return "emulated";
      }
      boolean reachable = place == Place.PLAIN || place == Place.GMEM
          || place == Place.READ_ONLY && access == Access.LOAD;
      return reachable && !known ? "emulated" : "mmio";
    }
  }

  private static List<Facts> facts(Era era, VmType type, boolean caching) {
    List<Facts> all = new ArrayList<>();
    for (Place place : Place.values()) {
      for (Entry entry : caching ? Entry.values() : new Entry[] {Entry.NONE}) {
        for (Access access : new Access[] {Access.LOAD, Access.STORE, Access.FETCH}) {
          for (int bits = 0; bits < 16; bits++) {
            boolean encrypted = (bits & 1) != 0;
            boolean attribute = (bits & 2) != 0;
            if ((!encrypted || type == VmType.SNP) && (!attribute || type != VmType.DEFAULT)) {
              all.add(new Facts(era, type, place, entry, access, encrypted, attribute, (bits & 4) != 0,
                  (bits & 8) != 0, caching));
            }
          }
        }
      }
    }
    return all;
  }

  @ParameterizedTest
  @EnumSource(value = Era.class, names = {"V6_8", "V6_12"})
  void everyCombinationOfFactsIsDecidedAsWrittenDown(Era era) {
    int judged = 0;
    for (VmType type : VmType.values()) {
      if (type == VmType.SNP && era == Era.V6_8) {
        continue;
      }
      for (boolean caching : new boolean[] {true, false}) {
        List<Facts> all = facts(era, type, caching);
        FaultVm.run(era, type, caching, vm -> {
          for (Facts facts : all) {
            assertThat(said(vm, facts)).as("%s", facts).isEqualTo(facts.expected());
          }
        });
        judged += all.size();
      }
    }
    assertThat(judged).isEqualTo(6 * 4 * 3 * (era == Era.V6_8 ? 4 + 8 : 4 + 8 + 16));
  }

  private static String said(FaultVm vm, Facts facts) {
    long gfn = gfn(facts.place());
    vm.forget();
    if (facts.type() != VmType.DEFAULT) {
      assertThat(vm.kvm.memAttributes.set(gfn, gfn + 1,
          facts.attribute() ? MemAttributes.KVM_MEMORY_ATTRIBUTE_PRIVATE : 0)).isZero();
    }
    vm.vcpu.guestMode.write(facts.l2() ? 1 : 0);
    vm.inhibitApicv(!facts.apicv());
    vm.entry(gfn, switch (facts.entry()) {
      case NONE -> Spte.NONPRESENT;
      case MMIO -> Spte.mmioOf(gfn, vm.generation());
      case OLD_MMIO -> Spte.mmioOf(gfn, vm.generation() - 1);
    });
    GuestRegisters regs = new GuestRegisters(List.of(instruction(facts.access(), gfn)));
    KvmRun run = new KvmRun(vm.m, 0);
    run.exit(ExitReason.UNKNOWN);
    int ret = vm.fault(run, regs, gfn, facts.errorCode());
    String warned = vm.warned() ? " warned" : "";
    if (ret < 0) {
      return (run.exitReason() == ExitReason.MEMORY_FAULT
          ? "convert to " + (run.memoryFaultPrivate() ? "private" : "shared")
          : "errno " + -ret) + warned;
    }
    if (ret == 0) {
      return (run.exitReason() == ExitReason.MMIO ? "mmio" : "undecodable") + warned;
    }
    if (regs.pc() == 1) {
      return "emulated" + warned;
    }
    return (vm.mapped() == KvmPfn.NOSLOT ? "again" : "mapped " + vm.what(gfn)) + warned;
  }

  private static GuestInstruction instruction(Access access, long gfn) {
    return switch (access) {
      case STORE -> GuestInstruction.store(gfn, 0x77);
      case FETCH -> GuestInstruction.fetch(gfn);
      default -> GuestInstruction.load(gfn);
    };
  }

  private static long gfn(Place place) {
    return switch (place) {
      case NOWHERE -> FaultVm.NONE_GFN;
      case INVALID -> FaultVm.INVALID_GFN;
      case READ_ONLY -> FaultVm.RO_GFN;
      case PLAIN -> FaultVm.RW_GFN;
      case GMEM -> FaultVm.GMEM_GFN;
      case APIC -> FaultVm.APIC_GFN;
    };
  }
}
