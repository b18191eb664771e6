package io.stalemate.scenario.file;

import io.stalemate.scenario.CpuFeature;
import io.stalemate.scenario.Geometry;
import io.stalemate.scenario.GmemPage;
import io.stalemate.scenario.GuestMemfdFile;
import io.stalemate.scenario.Limits;
import io.stalemate.scenario.SystemUnderTest;
import io.stalemate.scenario.Worded;
import io.stalemate.scenario.X86Setup;
import io.stalemate.scenario.X86VmType;
import io.stalemate.scenario.input.Nearest;
import io.stalemate.scenario.input.Safe;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Reads what a VM has on x86 alone: {@code x86} and {@code guest-memfds}, and the pages of those. */
final class X86Reader {

  private static final Pattern IN_FILE = Pattern.compile("([a-z][a-z0-9-]{0,39})(?: *\\+ *([0-9]{1,4}))?");
  private static final List<String> KEYS = List.of("vm-type", "cpu-features", "mmio-caching", "slot-zap-all",
      "async-pf", "memslot-generation", "on-memory-fault", "apic-access-page");
  private static final String CONVERT = "convert";
  private static final String STOP = "stop";

  private final Section vm;
  private final SystemsReader.Systems systems;
  private final X86Setup setup;
  private final List<GuestMemfdFile> files;

  /** Reads {@code vm}'s part for x86, which systems without x86 may not have. */
  X86Reader(Section vm, SystemsReader.Systems systems, Geometry geometry) {
    this.vm = vm;
    this.systems = systems;
    for (String key : List.of("x86", "guest-memfds")) {
      if (vm.has(key) && !systems.has(SystemUnderTest.KVM_X86)) {
        throw vm.refused(key, key + " in a vm of " + systems.text() + "; it belongs to system 'kvm-x86'");
      }
    }
    this.setup = read(vm.section("x86", "x86's part of the vm").allow(KEYS), geometry);
    this.files = files();
  }

  X86Setup setup() {
    return setup;
  }

  List<GuestMemfdFile> guestMemfds() {
    return files;
  }

  private X86Setup read(Section at, Geometry geometry) {
    X86Setup usual = X86Setup.DEFAULT;
    X86VmType type = at.has("vm-type") ? at.word("vm-type", X86VmType.values()) : usual.type();
    List<String> features = at.has("cpu-features")
        ? at.words("cpu-features", Worded.words(CpuFeature.of(SystemUnderTest.KVM_X86)))
        : List.of(CpuFeature.AD.word());
    boolean adBits = features.contains(CpuFeature.AD.word());
    boolean pml = features.contains(CpuFeature.PML.word());
    if (pml && !adBits) {
      throw at.refused("cpu-features", "cpu-features with pml and without ad; pml needs accessed and dirty bits");
    }
    boolean converts = !at.has("on-memory-fault") || at.word("on-memory-fault", List.of(CONVERT, STOP)).equals(CONVERT);
    return new X86Setup(type, adBits, pml, at.flag("mmio-caching", usual.mmioCaching()),
        at.flag("slot-zap-all", usual.slotZapAll()), at.flag("async-pf", usual.asyncPf()),
        at.number("memslot-generation", 0, X86Setup.GENERATION_MAX, (int) usual.memslotGeneration()), converts,
        at.number("apic-access-page", 0, geometry.gfns() - 1L, (int) X86Setup.NO_APIC_PAGE));
  }

  private List<GuestMemfdFile> files() {
    List<GuestMemfdFile> read = new ArrayList<>();
    for (Section at : vm.sections("guest-memfds", "a guest_memfd", Limits.MAPPINGS)) {
      at.allow(List.of("name", "pages"));
      String name = at.name("name");
      if (read.stream().anyMatch(other -> other.name().equals(name))) {
        throw at.refused("name", "guest_memfd '" + name + "' given twice; names are unique");
      }
      if (!setup.type().hasPrivateMemory()) {
        throw at.refused("name", "guest_memfd '" + name + "' in a vm without private memory; vm.x86.vm-type = "
            + X86VmType.SW_PROTECTED.word() + " or " + X86VmType.SNP.word() + " has it");
      }
      read.add(new GuestMemfdFile(name, at.number("pages", 1, Limits.FRAMES)));
    }
    return read;
  }

  /** Checks what not every kernel of the scenario has. */
  void check(List<String> eras) {
    if (setup.type() == X86VmType.SNP && eras.contains("v6.8")) {
      throw vm.section("x86", "x86's part of the vm").refused("vm-type",
          "vm-type snp in era v6.8; x86 has it from v6.11 on (set vm.eras)");
    }
  }

  /** Reads the page of a guest_memfd behind a memslot of {@code pages} pages; empty if the memslot names none. */
  Optional<GmemPage> gmem(Section at, long pages) {
    if (!at.has("gmem")) {
      return Optional.empty();
    }
    Matcher matcher = IN_FILE.matcher(at.text("gmem", Limits.DATA));
    if (!matcher.matches()) {
      throw at.refused("gmem", "gmem " + Safe.quote(at.text("gmem", Limits.DATA))
          + "; a guest_memfd's name or \"name+page\" is allowed");
    }
    GuestMemfdFile file = file(at, matcher.group(1));
    long page = matcher.group(2) == null ? 0 : Integer.parseInt(matcher.group(2));
    if (page + pages > file.pages()) {
      throw at.refused("gmem", "gmem = " + file.name() + "+" + page + " for " + pages + " pages; guest_memfd '"
          + file.name() + "' has " + file.pages() + " pages, counted from 0");
    }
    return Optional.of(new GmemPage(file.name(), page));
  }

  /** Reads the name of a guest_memfd. */
  GuestMemfdFile file(Section at) {
    return file(at, at.name("gmem"));
  }

  private GuestMemfdFile file(Section at, String name) {
    for (GuestMemfdFile file : files) {
      if (file.name().equals(name)) {
        return file;
      }
    }
    if (files.isEmpty()) {
      throw at.refused("gmem", "gmem " + Safe.quote(name) + " in a vm without guest_memfds; "
          + "vm.guest-memfds lists them");
    }
    throw at.refused("gmem", "unknown guest_memfd " + Safe.quote(name) + "; "
        + Nearest.hint(name, files.stream().map(GuestMemfdFile::name).toList()));
  }

  /** Reads {@code private}, which only guests of SNP VMs say. */
  boolean isPrivate(Section at) {
    if (!at.has("private")) {
      return false;
    }
    if (!systems.has(SystemUnderTest.KVM_X86) || setup.type() != X86VmType.SNP) {
      throw at.refused("private", "private in an access of a guest that cannot say so; vm.x86.vm-type = "
          + X86VmType.SNP.word() + " has such accesses");
    }
    return at.flag("private", false);
  }
}
