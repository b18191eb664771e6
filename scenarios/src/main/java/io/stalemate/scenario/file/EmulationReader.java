package io.stalemate.scenario.file;

import io.stalemate.scenario.Emulation;
import io.stalemate.scenario.Emulation.CarveOut;
import io.stalemate.scenario.Geometry;
import io.stalemate.scenario.Limits;
import io.stalemate.scenario.Memslot;
import io.stalemate.scenario.MmioGuardSetup;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Optional;

/** Reads what answers accesses that no memory answers: {@code nisv-to-user}, {@code bus}, {@code vmm} and the like. */
final class EmulationReader {

  /** The keys of {@code vm} that it reads. */
  static final List<String> KEYS = List.of("nisv-to-user", "protected", "bus", "vmm");
  /** The keys of {@code vm.host} that it reads. */
  static final List<String> HOST_KEYS = List.of("claims-sea", "ipa-bits");
  /** The word for a gfn that the VMM's allocator chooses. */
  static final String ALLOCATE = "allocate";

  private final Section vm;
  private final Section host;
  private final Geometry geometry;
  private final List<Memslot> memslots;
  private final long gicv2;

  EmulationReader(Section vm, Section host, Geometry geometry, List<Memslot> memslots, long gicv2) {
    this.vm = vm;
    this.host = host;
    this.geometry = geometry;
    this.memslots = memslots;
    this.gicv2 = gicv2;
  }

  Emulation read() {
    int tableBits = 12 + geometry.levels() * geometry.bits();
    int ipaBits = host.number("ipa-bits", tableBits, Emulation.IPA_BITS_DEFAULT, Emulation.IPA_BITS_DEFAULT);
    List<Long> bus = bus();
    Section vmm = vm.section("vmm", "the vmm").allow(List.of("carve-outs", "ucall"));
    List<CarveOut> carveOuts = carveOuts(vmm);
    return new Emulation(vm.flag("nisv-to-user", false), vm.flag("protected", false), host.flag("claims-sea", false),
        ipaBits, bus, carveOuts, ucall(vmm, bus, carveOuts));
  }

  /** Refuses {@code gfn}, which {@code key} gives, where a memslot of the vm is: no access to it would ever leave. */
  static void checkOutside(List<Memslot> memslots, Section at, String key, long gfn) {
    for (Memslot slot : memslots) {
      if (slot.gfn() <= gfn && gfn < slot.gfnEnd()) {
        throw at.refused(key, key + " = " + gfn + "; memslot " + slot.id() + " has gfns " + slot.gfn() + " to "
            + (slot.gfnEnd() - 1) + ", a gfn outside the vm's memslots is needed");
      }
    }
  }

  /** Yields the pages of the devices: those of {@code bus} and the GICv2. */
  private BitSet devices(List<Long> bus) {
    BitSet devices = new BitSet();
    bus.forEach(gfn -> devices.set(gfn.intValue()));
    if (gicv2 != MmioGuardSetup.NO_GICV2) {
      devices.set((int) gicv2);
    }
    return devices;
  }

  private List<Long> bus() {
    List<Long> bus = vm.numbers("bus", Limits.MEMSLOTS, 0, geometry.gfns() - 1L);
    for (int i = 0; i < bus.size(); i++) {
      long gfn = bus.get(i);
      if (bus.subList(0, i).contains(gfn)) {
        throw vm.refused("bus", "bus with gfn " + gfn + " twice; once is allowed");
      }
      if (gfn == gicv2) {
        throw vm.refused("bus", "bus = " + gfn + "; mmio-guard.gicv2 is at this gfn, another is needed");
      }
      checkOutside(memslots, vm, "bus", gfn);
    }
    return bus;
  }

  private List<CarveOut> carveOuts(Section vmm) {
    List<CarveOut> carveOuts = new ArrayList<>();
    for (Section at : vmm.sections("carve-outs", "a carve-out", Limits.MEMSLOTS)) {
      at.allow(List.of("gfn", "pages"));
      long gfn = at.number("gfn", 0, geometry.gfns() - 1L);
      CarveOut carveOut = new CarveOut(gfn, at.number("pages", 1, geometry.gfns() - gfn, 1));
      for (CarveOut other : carveOuts) {
        if (carveOut.gfn() < other.gfnEnd() && other.gfn() < carveOut.gfnEnd()) {
          throw at.refused("gfn", "carve-out overlaps the one at gfns " + other.gfn() + " to " + (other.gfnEnd() - 1));
        }
      }
      for (Memslot slot : memslots) {
        if (carveOut.gfn() < slot.gfnEnd() && slot.gfn() < carveOut.gfnEnd()) {
          throw at.refused("gfn", "carve-out overlaps memslot " + slot.id() + ", gfns " + slot.gfn() + " to "
              + (slot.gfnEnd() - 1));
        }
      }
      carveOuts.add(carveOut);
    }
    return carveOuts;
  }

  private long ucall(Section vmm, List<Long> bus, List<CarveOut> carveOuts) {
    if (!vmm.has("ucall")) {
      return Emulation.NO_UCALL;
    }
    if (!vmm.string("ucall").equals(Optional.of(ALLOCATE))) {
      return fixedUcall(vmm, bus, carveOuts);
    }
    BitSet taken = devices(bus);
    memslots.forEach(slot -> taken.set((int) slot.gfn(), (int) slot.gfnEnd()));
    carveOuts.forEach(carveOut -> taken.set((int) carveOut.gfn(), (int) carveOut.gfnEnd()));
    if (taken.cardinality() >= geometry.gfns()) {
      throw vmm.refused("ucall", "ucall = allocate; memslots, carve-outs and devices leave none of the "
          + geometry.gfns() + " gfns");
    }
    return Emulation.ALLOCATE;
  }

  private long fixedUcall(Section vmm, List<Long> bus, List<CarveOut> carveOuts) {
    long gfn = vmm.number("ucall", 0, geometry.gfns() - 1L);
    checkOutside(memslots, vmm, "ucall", gfn);
    if (devices(bus).get((int) gfn)) {
      throw vmm.refused("ucall", "ucall = " + gfn + "; a device of the kernel is at this gfn, another is needed");
    }
    for (CarveOut carveOut : carveOuts) {
      if (carveOut.gfn() <= gfn && gfn < carveOut.gfnEnd()) {
        throw vmm.refused("ucall", "ucall = " + gfn + "; gfns " + carveOut.gfn() + " to " + (carveOut.gfnEnd() - 1)
            + " are carved out, another is needed");
      }
    }
    return gfn;
  }
}
