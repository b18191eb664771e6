package io.stalemate.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.tngtech.archunit.core.domain.AccessTarget.MethodCallTarget;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaMethod;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import io.stalemate.linux.kvm.Era;
import io.stalemate.machine.KernelFunction;
import java.io.IOException;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The kernel map says what the kernel text is: complete, without contradiction, and up to date as a document. */
class KernelMapTest {

  private static final String REGENERATE = "KERNEL-MAP.md is not what the annotations say; regenerate it with "
      + "mvn -pl sim-core test -Dtest=KernelMapTest -Dstalemate.kernelmap=write";

  /** What of the machine may be called by a method that only looks. */
  private static final List<String> LOOKS = List.of("read", "readOnce", "loadAcquire", "at", "words", "pages", "trace",
      "assertHeld", "assertHeldRead", "assertHeldWrite", "warnOn", "size", "length", "get", "find");

  /** Public methods that act though no kernel function is their like. */
  private static final Map<String, String> OURS = new TreeMap<>(Map.ofEntries(
      Map.entry("arm64.Arm64Mmu.preSetMemAttributes", "an x86 hook that arm64 can be asked for too"),
      Map.entry("arm64.KvmPgtableV612.stage2Age", "one name for what eras call mkold or test_clear_young"),
      Map.entry("arm64.KvmS2Mmu.clearPgt", "mmu->pgt = NULL, one line of kvm_free_stage2_pgd()"),
      Map.entry("arm64.MmioGuard.createVgicV2", "set-up of the VM"),
      Map.entry("arm64.MmioGuard.enroll", "the hypercall's one line in kvm_hvc_call_handler()"),
      Map.entry("arm64.TablePages.getPage", "get_page() as an operation of a table's memory"),
      Map.entry("arm64.TablePages.putPage", "put_page() as an operation of a table's memory"),
      Map.entry("arm64.VcpuRun.vmmThread", "the VMM's loop around KVM_RUN: user space"),
      Map.entry("arm64.nvhe.HypPgtable.hypWrite", "the hypervisor's own use of a page"),
      Map.entry("arm64.nvhe.NpGuestVcpu.execute", "a guest of pKVM, and the VMM's loop around it"),
      Map.entry("kvm.DirtyRing.harvest", "the VMM reads the ring through its mapping: user space"),
      Map.entry("kvm.DirtyRingReaper.harvest", "the VMM's reaper thread: user space"),
      Map.entry("kvm.DirtyRingReaper.reap", "the VMM's reaper thread: user space"),
      Map.entry("kvm.KvmRun.exit", "run->exit_reason = ..., a line of whoever leaves"),
      Map.entry("kvm.KvmRun.exitArmNisv", "lines of io_mem_abort()"),
      Map.entry("kvm.KvmRun.exitMmio", "lines of io_mem_abort() and of emulator_read_write()"),
      Map.entry("kvm.Memslots.beginAtGeneration", "set-up of the VM"),
      Map.entry("kvm.Memslots.kvmMemslotsLocked", "__kvm_memslots() for those who hold slots_lock"),
      Map.entry("kvm.MmuInvalidation.beginHva", "one name for what starts an invalidation in eras that keep hvas"),
      Map.entry("mm.Mmap.mprotectMte", "mprotect() of one page and one flag"),
      Map.entry("x86.LpageInfo.disallowLpage", "lpage_info_slot() with the check that the level has huge pages"),
      Map.entry("x86.ApicAccessPage.unmapGfnRange", "lines of kvm_unmap_gfn_range()"),
      Map.entry("x86.TdpSplit.setEagerPageSplit", "the administrator sets the module's parameter: user space"),
      Map.entry("x86.VcpuRequests.enterGuestMode", "lines of vcpu_enter_guest() before the guest"),
      Map.entry("x86.VcpuRequests.leaveGuestMode", "lines of vcpu_enter_guest() after the guest"),
      Map.entry("x86.X86Mmu.allocMemslotMetadata", "the hook's call of HugePages.allocMemslotMetadata"),
      Map.entry("x86.X86Mmu.createVcpu", "set-up of the VM"),
      Map.entry("x86.X86Mmu.enableLogDirtyPtMasked", "the hook's call of MmuSlot.enableLogDirtyPtMasked"),
      Map.entry("x86.X86Mmu.preSetMemAttributes", "the hook's call of X86Attributes.preSet"),
      Map.entry("x86.X86Mmu.postSetMemAttributes", "the hook's call of X86Attributes.postSet"),
      Map.entry("x86.X86VcpuRun.enterUntilEnd", "the VMM's loop around KVM_RUN: user space"),
      Map.entry("x86.X86VcpuRun.vmmThread", "the VMM's loop around KVM_RUN: user space")));

  /** Protected methods that stand for one call of a kernel function which another method renders. */
  private static final Map<String, String> STEPS = new TreeMap<>(Map.of(
      "arm64.UserMemAbort.recheck", "user_mem_abort()'s call of mmu_invalidate_retry(), see MmuInvalidation.retry",
      "x86.Emulate.markDirty", "__kvm_write_guest_page()'s call of what Memslots.markPageDirtyInSlot renders",
      "x86.FastPageFault.markDirty", "fast_pf_fix_direct_spte()'s call of what Memslots.markPageDirtyInSlot renders",
      "x86.HugePages.logsPageByPage", "kvm_mmu_hugepage_adjust()'s call of what KvmMemorySlot.isLogging renders",
      "x86.TdpSplit.link", "tdp_mmu_split_huge_page()'s call of tdp_mmu_link_sp(), see TdpMmu.linkSp"));

  /** Kernel functions that two classes render on purpose: each a part of it, or each its use for other things. */
  private static final Map<String, String> SHARED = new TreeMap<>(Map.of(
      "truncate_inode_folio", "the pages of a shmem file in Shmem, those of a guest_memfd in GmemPageCache",
      "vcpu_enter_guest", "VcpuRequests serves the requests, X86VcpuRun does the rest"));

  /** Javadoc that begins with a kernel function's name, then annotations, then a protected method. */
  private static final Pattern RENDERING = Pattern.compile(
      "/\\*\\*[\\s*]*\\{@code \\w+\\(\\)\\}(?:(?!\\*/)[\\s\\S])*+\\*/((?:(?!/\\*\\*|[;{}]\\s)[\\s\\S])*?)"
          + "\n  protected [^;{}()=]*?(\\w+)\\(");

  private final KernelMap map = new KernelMap();

  @Test
  void theDocumentIsUpToDate() throws IOException {
    Path document = Path.of(System.getProperty("basedir", System.getProperty("user.dir"))).resolve("KERNEL-MAP.md");
    if ("write".equals(System.getProperty("stalemate.kernelmap"))) {
      Files.writeString(document, map.text());
      return;
    }
    assertThat(document).withFailMessage(REGENERATE).exists();
    assertThat(Files.readString(document)).withFailMessage(REGENERATE).isEqualTo(map.text());
  }

  @Test
  void theMapIsReadFromTheWholeText() {
    assertThat(map.rows()).hasSizeGreaterThan(150);
    assertThat(map.rows().stream().map(KernelMap.Row::function))
        .contains("user_mem_abort", "kvm_tdp_mmu_map", "kvm_mmu_notifier_invalidate_range_start", "migrate_pages");
  }

  @Test
  void everyPublicMethodThatActsNamesItsKernelFunction() {
    JavaClasses text = new ClassFileImporter()
        .importUrl(KernelFunction.class.getProtectionDomain().getCodeSource().getLocation());
    List<String> unnamed = new ArrayList<>();
    for (Method method : map.unnamed()) {
      String place = KernelMap.place(method);
      if (acts(text, method) && !OURS.containsKey(place)) {
        unnamed.add(place);
      }
    }
    assertThat(unnamed).as("public methods of kernel text that change shared state or call kernel functions, without "
        + "@KernelFunction; if there is no such function in the kernel say so in this test").isEmpty();
  }

  @Test
  void everyProtectedMethodThatSaysWhatItRendersNamesIt() throws IOException {
    List<String> unnamed = new ArrayList<>(protectedRenderings());
    unnamed.removeAll(STEPS.keySet());
    assertThat(unnamed).as("protected methods of kernel text whose javadoc begins with a kernel function's name, "
        + "without @KernelFunction; if another method renders it say so in this test").isEmpty();
  }

  @Test
  void whatIsSaidToBeAStepIsThereAndUnnamed() throws IOException {
    assertThat(protectedRenderings()).containsAll(STEPS.keySet());
  }

  /** The protected methods without annotation whose javadoc begins with {@code some_function()}. */
  private static List<String> protectedRenderings() throws IOException {
    Path root = Path.of(System.getProperty("basedir", System.getProperty("user.dir")))
        .resolve("src/main/java/io/stalemate/linux");
    List<String> found = new ArrayList<>();
    try (Stream<Path> files = Files.walk(root)) {
      for (Path file : files.filter(each -> each.toString().endsWith(".java")).sorted().toList()) {
        String type = root.relativize(file).toString().replace('/', '.').replaceFirst("\\.java$", "");
        Matcher rendering = RENDERING.matcher(Files.readString(file));
        while (rendering.find()) {
          if (!rendering.group(1).contains("@KernelFunction")) {
            found.add(type + "." + rendering.group(2));
          }
        }
      }
    }
    return found;
  }

  @Test
  void whatIsSaidToBeOursIsThereAndUnnamed() {
    assertThat(map.unnamed().stream().map(KernelMap::place)).containsAll(OURS.keySet());
  }

  /** Whether a method changes what tasks share, or calls a kernel function, by itself or in a lambda. */
  private static boolean acts(JavaClasses text, Method method) {
    if (Modifier.isAbstract(method.getModifiers())) {
      return false;
    }
    JavaMethod here = text.get(method.getDeclaringClass()).getMethods().stream()
        .filter(each -> each.reflect().equals(method)).findFirst().orElseThrow();
    return here.getMethodCallsFromSelf().stream().anyMatch(call -> acts(call.getTarget()));
  }

  private static boolean acts(MethodCallTarget target) {
    boolean isOfTheMachine = target.getOwner().getPackageName().equals(KernelFunction.class.getPackageName());
    boolean isKernelFunction = target.resolveMember()
        .filter(member -> member.isAnnotatedWith(KernelFunction.class)).isPresent();
    return isKernelFunction || (isOfTheMachine && !LOOKS.contains(target.getName()));
  }

  @Test
  void noKernelFunctionOfAnEraIsRenderedByTwoClasses() {
    List<String> twice = new ArrayList<>();
    renderedTwice().forEach((function, where) -> {
      if (!SHARED.containsKey(function)) {
        twice.addAll(where);
      }
    });
    assertThat(twice).as("kernel functions that two classes render for one architecture and era; if each renders a "
        + "part of its own say so in this test").isEmpty();
  }

  @Test
  void whatIsSaidToBeSharedIsRenderedTwice() {
    assertThat(renderedTwice().keySet()).containsAll(SHARED.keySet());
  }

  /** By kernel function: where it meets itself in the kernel of one architecture and era. */
  private Map<String, List<String>> renderedTwice() {
    Map<String, String> seen = new TreeMap<>();
    Map<String, List<String>> twice = new TreeMap<>();
    for (KernelMap.Row row : map.rows()) {
      String type = row.method().getDeclaringClass().getSimpleName();
      // EL2 has a build of pgtable.c of its own, in which some functions of its headers differ.
      String el = row.method().getDeclaringClass().getPackageName().endsWith(".nvhe") ? " at EL2" : "";
      for (KernelArch arch : row.archs()) {
        for (Era era : row.versions().eras(arch.eras())) {
          String place = row.function() + " of " + era.version() + " on " + arch.folder() + el;
          String other = seen.putIfAbsent(place, type);
          if (other != null && !other.equals(type)) {
            twice.computeIfAbsent(row.function(), name -> new ArrayList<>())
                .add(place + " by " + other + " and " + type);
          }
        }
      }
    }
    return twice;
  }

  @Test
  void everyFileOfAnArchitectureIsOfOneThatIsRendered() {
    assertThat(map.rows()).allSatisfy(row -> assertThat(row.archs()).as(row.place()).isNotEmpty());
  }

  @Test
  void anArchitectureIsBuiltOfItsOwnFilesAndTheCommonOnes() {
    assertThat(KernelArch.building("arch/arm64/kvm/mmu.c")).containsExactly(KernelArch.ARM64);
    assertThat(KernelArch.building("arch/x86/kvm/mmu/mmu.c")).containsExactly(KernelArch.X86);
    assertThat(KernelArch.building("virt/kvm/kvm_main.c")).containsExactly(KernelArch.ARM64, KernelArch.X86);
    assertThat(KernelArch.building("arch/riscv/kvm/mmu.c")).isEmpty();
  }

  @Test
  void everyRowNamesAFunctionInAFileOfTheKernel() {
    for (KernelMap.Row row : map.rows()) {
      assertThat(row.file()).as(row.place()).matches("[a-z0-9_/-]+\\.[chS]");
      assertThat(row.function()).as(row.place()).matches("[A-Za-z_][A-Za-z0-9_]*");
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"v5.15", "v5.15-v6.2", "v5.15-v6.12", "v6.1-v6.12", "MMIO guard v2"})
  void versionsReadAsTheyAreWritten(String version) {
    assertThat(KernelVersions.parse(version)).hasToString(version);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "6.12", "v6", "v6.12-v5.15", "v6.2-v6.1", "v5.20", "v6.12+", "v4.19", "v6.2 - v6.12",
      "v2", "guard", "guard v2"})
  void otherVersionsAreRefused(String version) {
    assertThatThrownBy(() -> KernelVersions.parse(version)).isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void aRangeHoldsTheErasFromItsFirstReleaseToItsLast() {
    List<Era> all = List.of(Era.values());
    assertThat(KernelVersions.parse("v5.17-v6.12").eras(all)).containsExactly(Era.V6_2, Era.V6_8, Era.V6_12);
    assertThat(KernelVersions.parse("v5.15").eras(all)).containsExactly(Era.V5_15);
    assertThat(KernelVersions.parse("v6.3-v6.7").eras(all)).isEmpty();
    assertThat(KernelVersions.parse("MMIO guard v2").eras(all)).isEmpty();
  }

  @Test
  void aRangeHoldsNoEraThatItsArchitectureIsNotRenderedFor() {
    KernelVersions range = KernelVersions.parse("v5.17-v6.12");
    assertThat(range.eras(KernelArch.ARM64.eras())).containsExactly(Era.V6_2, Era.V6_12);
    assertThat(range.eras(KernelArch.X86.eras())).containsExactly(Era.V6_8, Era.V6_12);
    assertThat(KernelVersions.parse("v6.3-v6.9").eras(KernelArch.ARM64.eras())).isEmpty();
  }

  @Test
  void everyEraIsRenderedForAnArchitecture() {
    assertThat(Stream.of(KernelArch.values()).flatMap(arch -> arch.eras().stream())).contains(Era.values());
  }
}
