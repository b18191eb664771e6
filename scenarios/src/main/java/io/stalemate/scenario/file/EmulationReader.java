package io.stalemate.scenario.file;

import io.stalemate.scenario.Emulation;
import io.stalemate.scenario.Emulation.CarveOut;
import io.stalemate.scenario.Geometry;
import io.stalemate.scenario.Limits;
import io.stalemate.scenario.Memslot;
import java.util.ArrayList;
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

  EmulationReader(Section vm, Section host, Geometry geometry, List<Memslot> memslots) {
    this.vm = vm;
    this.host = host;
    this.geometry = geometry;
    this.memslots = memslots;
  }

  Emulation read() {
    int tableBits = 12 + geometry.levels() * geometry.bits();
    int ipaBits = host.number("ipa-bits", tableBits, Emulation.IPA_BITS_DEFAULT, Emulation.IPA_BITS_DEFAULT);
    List<Long> bus = vm.numbers("bus", Limits.MEMSLOTS, 0, geometry.gfns() - 1L);
    Section vmm = vm.section("vmm", "the vmm").allow(List.of("carve-outs", "ucall"));
    List<CarveOut> carveOuts = carveOuts(vmm);
    return new Emulation(vm.flag("nisv-to-user", false), vm.flag("protected", false), host.flag("claims-sea", false),
        ipaBits, bus, carveOuts, ucall(vmm, carveOuts));
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

  private long ucall(Section vmm, List<CarveOut> carveOuts) {
    if (!vmm.has("ucall")) {
      return Emulation.NO_UCALL;
    }
    if (!vmm.string("ucall").equals(Optional.of(ALLOCATE))) {
      return vmm.number("ucall", 0, geometry.gfns() - 1L);
    }
    long taken = memslots.stream().mapToLong(Memslot::pages).sum()
        + carveOuts.stream().mapToLong(CarveOut::pages).sum();
    if (taken >= geometry.gfns()) {
      throw vmm.refused("ucall", "ucall = allocate; memslots and carve-outs leave none of the " + geometry.gfns()
          + " gfns");
    }
    return Emulation.ALLOCATE;
  }
}
