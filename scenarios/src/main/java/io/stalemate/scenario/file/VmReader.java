package io.stalemate.scenario.file;

import io.stalemate.machine.PageUse;
import io.stalemate.scenario.AllocFailure;
import io.stalemate.scenario.CpuFeature;
import io.stalemate.scenario.DirtyTracking;
import io.stalemate.scenario.Geometry;
import io.stalemate.scenario.Limits;
import io.stalemate.scenario.Mapping;
import io.stalemate.scenario.MappingKind;
import io.stalemate.scenario.Memslot;
import io.stalemate.scenario.MmioGuardSetup;
import io.stalemate.scenario.SlotAction;
import io.stalemate.scenario.SlotFlag;
import io.stalemate.scenario.SystemUnderTest;
import io.stalemate.scenario.Vm;
import io.stalemate.scenario.Worded;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/** Reads the section {@code vm}: kernel, table shape, host memory, memslots. */
final class VmReader {

  private static final List<String> PAGE_USES = List.of("user", "table", "kernel");

  private final Section section;
  private final Geometry geometry;
  private final List<Mapping> mappings = new ArrayList<>();
  private final List<Long> mmio = new ArrayList<>();
  private final Hvas hvas = new Hvas(mappings);
  private final SystemsReader.Systems systems;
  private final X86Reader x86;

  VmReader(Section section, SystemsReader.Systems systems) {
    this.systems = systems;
    List<String> keys = new ArrayList<>(EmulationReader.KEYS);
    keys.addAll(
        List.of("era", "eras", "cpus", "geometry", "host", "memslots", "mmio", "alloc-failures", "mmio-guard", "mte",
            "dirty-log", "dirty-ring", "eager-split", "cpu-features", "x86", "guest-memfds"));
    this.section = section.allow(keys);
    Section shape = section.section("geometry", "the geometry").allow(List.of("levels", "bits"));
    this.geometry = new Geometry(shape.number("levels", 2, 4, Geometry.SMALL.levels()),
        shape.number("bits", 1, 9, Geometry.SMALL.bits()));
    this.x86 = new X86Reader(section, systems, geometry);
  }

  /** Resolves the mappings' names; complete once {@link #read} has returned. */
  Hvas hvas() {
    return hvas;
  }

  /** @param vcpus number of vCPU tasks, which is the number of pCPUs unless the file says another */
  Vm read(int vcpus) {
    List<String> eras = eras();
    String era = era(eras);
    List<String> hostKeys = new ArrayList<>(List.of("frames", "mappings"));
    hostKeys.addAll(EmulationReader.HOST_KEYS);
    Section host = section.section("host", "the host").allow(hostKeys);
    int frames = host.number("frames", 1, Limits.FRAMES, Vm.FRAMES_DEFAULT);
    readMappings(host);
    long populated = mappings.stream().filter(Mapping::populate).mapToLong(Mapping::pages).sum();
    if (populated > frames) {
      throw host.refused("frames", "frames = " + frames + "; the mappings alone populate " + populated);
    }
    List<Memslot> memslots = readMemslots();
    mmio.addAll(section.numbers("mmio", Limits.GFNS, 0, Limits.GFNS - 1L));
    List<AllocFailure> failures = new ArrayList<>();
    for (Section failure : section.sections("alloc-failures", "an allocation failure", Limits.ALLOC_FAILURES)) {
      failure.allow(List.of("use", "nth"));
      PageUse use = PageUse.valueOf(failure.word("use", PAGE_USES).toUpperCase(Locale.ROOT));
      failures.add(new AllocFailure(use, failure.number("nth", 1, Limits.ALLOC_NTH)));
    }
    int cpus = section.number("cpus", 1, Limits.CPUS, Math.max(1, vcpus));
    DirtyTracking dirty = new DirtyReader(section, geometry, eras).read();
    MmioGuardSetup guard = mmioGuard(memslots);
    return new Vm(era, eras, cpus, geometry, frames, mappings, memslots, mmio, failures, dirty,
        section.flag("mte", false), guard,
        new EmulationReader(section, host, geometry, memslots, guard.gicv2()).read(), cpuFeatures(), x86.setup(),
        x86.guestMemfds());
  }

  /** Reads the kernels: each is one of a system's, and each system has one. */
  private List<String> eras() {
    List<String> known = systems.eras();
    List<String> eras = section.has("eras") ? section.words("eras", known) : known;
    if (eras.isEmpty()) {
      throw section.refused("eras", "eras = []; at least one of " + String.join(", ", known) + " is needed");
    }
    for (SystemUnderTest system : systems.all()) {
      if (system.eras().stream().noneMatch(eras::contains)) {
        throw section.refused("eras", "eras = [" + String.join(", ", eras) + "]; system '" + system.word()
            + "' has none of them, it has " + String.join(", ", system.eras()));
      }
    }
    x86.check(eras);
    return eras;
  }

  private String era(List<String> eras) {
    List<String> usable = eras.stream().filter(systems.system().eras()::contains).toList();
    String absent = usable.contains(Vm.ERA_DEFAULT) ? Vm.ERA_DEFAULT : usable.getLast();
    return section.has("era") ? section.word("era", usable) : absent;
  }

  private MmioGuardSetup mmioGuard(List<Memslot> memslots) {
    Section guard = section.section("mmio-guard", "the MMIO guard").allow(List.of("lasting", "gicv2"));
    long gicv2 = guard.number("gicv2", 0, geometry.gfns() - 1L, (int) MmioGuardSetup.NO_GICV2);
    EmulationReader.checkOutside(memslots, guard, "gicv2", gicv2);
    return new MmioGuardSetup(guard.flag("lasting", false), gicv2);
  }

  private Set<CpuFeature> cpuFeatures() {
    List<String> words = section.words("cpu-features", Worded.words(CpuFeature.of(SystemUnderTest.KVM_ARM64)));
    Set<CpuFeature> features = EnumSet.noneOf(CpuFeature.class);
    for (CpuFeature feature : CpuFeature.values()) {
      if (words.contains(feature.word())) {
        features.add(feature);
      }
    }
    return features;
  }

  private void readMappings(Section host) {
    for (Section at : host.sections("mappings", "a mapping", Limits.MAPPINGS)) {
      at.allow(List.of("name", "hva", "pages", "kind", "shift", "writable", "populate", "mte"));
      String name = at.name("name");
      long hva = at.number("hva", 0, Limits.HVA_PAGES - 1);
      long pages = at.number("pages", 1, Limits.HVA_PAGES - hva);
      MappingKind kind = at.has("kind") ? at.word("kind", MappingKind.values()) : MappingKind.ANON;
      Mapping mapping = new Mapping(name, hva, pages, kind, shift(at, kind, hva, pages), at.flag("writable", true),
          at.flag("populate", true), at.flag("mte", false));
      if (mapping.mte() && !(section.flag("mte", false) && (kind == MappingKind.ANON || kind == MappingKind.SHARED))) {
        throw at.refused("mte", "mte = true on mapping '" + name + "'; anon and shared mappings of a vm with "
            + "mte = true may have it");
      }
      for (Mapping other : mappings) {
        if (other.name().equals(name)) {
          throw at.refused("name", "mapping '" + name + "' given twice; names are unique");
        }
        if (mapping.hva() < other.hvaEnd() && other.hva() < mapping.hvaEnd()) {
          throw at.refused("hva", "mapping '" + name + "' overlaps mapping '" + other.name() + "', pages " + other.hva()
              + " to " + (other.hvaEnd() - 1));
        }
      }
      mappings.add(mapping);
    }
  }

  /** Reads the shift of a mapping; hugetlb leaves are blocks of the stage-2 table's shape. */
  int shift(Section at, MappingKind kind, long hva, long pages) {
    boolean huge = kind == MappingKind.HUGETLB;
    int bits = geometry.bits();
    int shift = at.number("shift", 0, 36, huge ? bits : 0);
    int most = (geometry.levels() - 1) * bits;
    if (!huge && shift != 0) {
      throw at.refused("shift", "shift = " + shift + " on a mapping of kind " + kind.word()
          + "; only hugetlb has a shift");
    }
    if (huge && (shift == 0 || shift > most || shift % bits != 0)) {
      throw at.refused("shift", "shift = " + shift + " on a hugetlb mapping; multiples of " + bits + " up to " + most
          + " are blocks of this geometry");
    }
    if (huge && ((hva | pages) & (1L << shift) - 1) != 0) {
      throw at.refused("hva", "hugetlb mapping of " + pages + " pages from hva " + hva + "; multiples of "
          + (1L << shift) + " are allowed with shift " + shift);
    }
    return shift;
  }

  private List<Memslot> readMemslots() {
    List<Memslot> memslots = new ArrayList<>();
    for (Section at : section.sections("memslots", "a memslot", Limits.MEMSLOTS)) {
      at.allow(List.of("id", "gfn", "pages", "hva", "flags", "gmem"));
      Memslot slot = memslot(at);
      for (Memslot other : memslots) {
        if (other.id() == slot.id()) {
          throw at.refused("id", "memslot " + slot.id() + " given twice; ids are unique");
        }
        if (slot.gfn() < other.gfnEnd() && other.gfn() < slot.gfnEnd()) {
          throw at.refused("gfn", "memslot " + slot.id() + " overlaps memslot " + other.id() + ", gfns " + other.gfn()
              + " to " + (other.gfnEnd() - 1));
        }
      }
      memslots.add(slot);
    }
    return memslots;
  }

  /** Reads a memslot, of the VM or of an action. */
  Memslot memslot(Section at) {
    int id = at.number("id", 0, Limits.MEMSLOTS - 1);
    long gfn = at.number("gfn", 0, geometry.gfns() - 1L);
    long pages = at.number("pages", 1, geometry.gfns() - gfn);
    long hva = hvas.read(at, "hva");
    if (hva + pages > Limits.HVA_PAGES) {
      throw at.refused("pages", "memslot of " + pages + " pages from hva " + hva + "; host pages end at "
          + (Limits.HVA_PAGES - 1));
    }
    return new Memslot(id, gfn, pages, hva, flags(at), x86.gmem(at, pages));
  }

  /** Reads what x86 alone has. */
  X86Reader x86() {
    return x86;
  }

  /** Reads a memslot whose place the VMM's allocator chooses. */
  SlotAction.SlotAllocate allocated(Section at) {
    int id = at.number("id", 0, Limits.MEMSLOTS - 1);
    long pages = at.number("pages", 1, geometry.gfns());
    long hva = hvas.read(at, "hva");
    if (hva + pages > Limits.HVA_PAGES) {
      throw at.refused("pages", "memslot of " + pages + " pages from hva " + hva + "; host pages end at "
          + (Limits.HVA_PAGES - 1));
    }
    return new SlotAction.SlotAllocate(id, pages, hva, flags(at));
  }

  /** Reads the flags of a memslot, of the VM or of an action. */
  Set<SlotFlag> flags(Section at) {
    List<String> words = at.words("flags", Worded.words(SlotFlag.values()));
    Set<SlotFlag> flags = EnumSet.noneOf(SlotFlag.class);
    for (SlotFlag flag : SlotFlag.values()) {
      if (words.contains(flag.word())) {
        flags.add(flag);
      }
    }
    return flags;
  }

  /** Whether the VM has allocation tags. */
  boolean mte() {
    return section.flag("mte", false);
  }

  /** The largest gfn that guest accesses may name: the geometry's last, or a larger one under {@code vm.mmio}. */
  long gfnLargest() {
    return mmio.stream().mapToLong(Long::longValue).reduce(geometry.gfns() - 1L, Math::max);
  }

  Geometry geometry() {
    return geometry;
  }
}
