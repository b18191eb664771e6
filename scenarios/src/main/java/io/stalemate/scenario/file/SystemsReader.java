package io.stalemate.scenario.file;

import io.stalemate.scenario.SystemUnderTest;
import io.stalemate.scenario.Vm;
import io.stalemate.scenario.Worded;
import java.util.ArrayList;
import java.util.List;

/**
 * Reads {@code system} and {@code systems}: what a scenario can run against, and which of it a run takes unless it asks
 * for another.
 */
final class SystemsReader {

  private final Section root;

  SystemsReader(Section root) {
    this.root = root;
  }

  /**
   * What was read.
   *
   * @param system one of {@code all}
   */
  record Systems(SystemUnderTest system, List<SystemUnderTest> all) {

    /** Whether one of them is {@code wanted}. */
    boolean has(SystemUnderTest wanted) {
      return all.contains(wanted);
    }

    /** The kernels that one of them is modelled for, oldest first. */
    List<String> eras() {
      return Vm.ERAS.stream().filter(era -> all.stream().anyMatch(each -> each.eras().contains(era))).toList();
    }

    /** Yields their words for messages. */
    String text() {
      return (all.size() == 1 ? "system '" : "systems '")
          + String.join("', '", Worded.words(all.toArray(Worded[]::new))) + "'";
    }
  }

  Systems read() {
    if (!root.has("systems")) {
      SystemUnderTest system =
          root.has("system") ? root.word("system", SystemUnderTest.values()) : SystemUnderTest.KVM_ARM64;
      return new Systems(system, List.of(system));
    }
    List<String> words = root.words("systems", Worded.words(SystemUnderTest.values()));
    List<SystemUnderTest> all = new ArrayList<>();
    for (String word : words) {
      all.add(byWord(word));
    }
    if (all.isEmpty()) {
      throw root.refused("systems", "systems = []; at least one of "
          + String.join(", ", Worded.words(SystemUnderTest.values())) + " is needed");
    }
    for (SystemUnderTest each : all) {
      if (all.size() > 1 && !each.isKvm()) {
        throw root.refused("systems", "systems with '" + each.word() + "' and another; kvm-arm64 and kvm-x86 run the "
            + "same scenarios, others have scenarios of their own");
      }
    }
    return new Systems(root.has("system") ? byWord(root.word("system", words)) : all.getFirst(), all);
  }

  private static SystemUnderTest byWord(String word) {
    for (SystemUnderTest each : SystemUnderTest.values()) {
      if (each.word().equals(word)) {
        return each;
      }
    }
    throw new IllegalArgumentException(word);
  }
}
