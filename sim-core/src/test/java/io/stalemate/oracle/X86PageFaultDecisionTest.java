package io.stalemate.oracle;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/** The table of x86's page faults against the steps of the two kernels, written down one after the other. */
class X86PageFaultDecisionTest {

  private static final Set<String> MAP = new TreeSet<>(List.of("map"));

  /** One combination of facts, by the words of the table. */
  private record Facts(DecisionTable table, int[] values) {

    boolean is(String fact, String value) {
      int column = table.facts().indexOf(fact);
      return table.values(column).get(values[column]).equals(value);
    }

    boolean yes(String fact) {
      return is(fact, "yes");
    }

    boolean mismatch() {
      return is("wants", "private") != is("attribute", "private");
    }

    boolean wantsPrivate() {
      return is("wants", "private");
    }

    boolean write() {
      return is("access", "write");
    }
  }

  @Test
  void theTableSaysWhatTheStepsDo() {
    DecisionTable table = X86PageFaultTable.TABLE;
    int[] values = new int[table.facts().size()];
    do {
      Facts facts = new Facts(table, values);
      Set<String> says = new TreeSet<>(List.of(table.outcome(table.row(values)).split("\\|")));
      assertThat(says).as(() -> table.describe(values))
          .isEqualTo(facts.is("era", "v6.12") ? after(facts) : before(facts));
    } while (DecisionTableTest.next(table, values));
  }

  private static Set<String> words(String... words) {
    return new TreeSet<>(List.of(words));
  }

  /** kvm_mmu_page_fault() of v6.12. */
  private static Set<String> after(Facts f) {
    if (f.yes("rsvd") && f.wantsPrivate()) {
      return words("efault");
    }
    Set<String> mmio = mmio(f);
    if (!mmio.isEmpty()) {
      return mmio;
    }
    // kvm_tdp_mmu_page_fault(): page_fault_handle_page_track()
    if (!f.yes("rsvd") && f.yes("present") && f.write() && f.yes("tracked") && !f.is("slot", "none")) {
      return words("write-protected");
    }
    // kvm_faultin_pfn(): private against the attribute, no slot, a slot on its way out
    if (f.mismatch()) {
      return words("memory-fault");
    }
    if (f.is("slot", "none")) {
      return f.wantsPrivate() ? words("memory-fault") : noSlot(f);
    }
    if (f.is("slot", "invalid")) {
      return words("retry", "fast");
    }
    return memory(f, "write-protected");
  }

  /** kvm_mmu_page_fault() of v6.8. */
  private static Set<String> before(Facts f) {
    Set<String> mmio = mmio(f);
    if (!mmio.isEmpty()) {
      return mmio;
    }
    if (!f.yes("rsvd") && f.yes("present") && f.write() && f.yes("tracked") && !f.is("slot", "none")) {
      return words("emulate");
    }
    // __kvm_faultin_pfn(): a slot on its way out, private against the attribute; no slot can be private memory's
    if (f.is("slot", "invalid")) {
      return words("retry", "fast");
    }
    if (f.mismatch() || f.is("slot", "none") && f.wantsPrivate()) {
      return words("memory-fault");
    }
    return f.is("slot", "none") ? noSlot(f) : memory(f, "emulate");
  }

  /** handle_mmio_page_fault(): empty if it leaves the fault to the rest. */
  private static Set<String> mmio(Facts f) {
    if (!f.yes("rsvd") || f.is("mmio", "stale")) {
      return words();
    }
    boolean slot = !f.is("slot", "none");
    if (f.is("mmio", "valid")) {
      return slot ? words("never") : words("emulate");
    }
    return slot ? words("retry") : words("emulate", "retry");
  }

  /** kvm_handle_noslot_fault(), then an MMIO SPTE. */
  private static Set<String> noSlot(Facts f) {
    return f.is("caching", "off") ? words("emulate") : words("emulate", "retry");
  }

  private static Set<String> memory(Facts f, String tracked) {
    if (f.wantsPrivate()) {
      if (!f.is("slot", "gmem")) {
        return words("memory-fault", "retry", "fast");
      }
      return f.yes("tracked") ? words("map-private", tracked) : words("map-private");
    }
    if (f.is("slot", "internal")) {
      return words("map", "emulate");
    }
    if (!f.write()) {
      return MAP;
    }
    if (f.is("slot", "ro")) {
      return words("emulate", "retry");
    }
    return f.yes("tracked") ? words("map", tracked) : MAP;
  }
}
