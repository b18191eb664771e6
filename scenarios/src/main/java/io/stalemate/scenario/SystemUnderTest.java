package io.stalemate.scenario;

import java.util.List;

/** What a scenario's tasks run against. */
public enum SystemUnderTest implements Worded {
  /** KVM's MMU on arm64: stage-2 tables, memslots, mmu-notifiers, a host's memory management, guests on their TLBs. */
  KVM_ARM64("kvm-arm64", "v5.15", "v6.2", "v6.12"),
  /** Scenario zero: the bare retry protocol, one page, one lock, the same in every engine. */
  YARDSTICK("yardstick", "v5.15", "v6.2", "v6.12"),
  /** Protected KVM on arm64: a host behind its own stage-2 table, the hypervisor, and a guest of the host's. */
  PKVM("pkvm", "v5.15", "v6.2", "v6.12"),
  /** KVM's MMU on x86: nested tables under the TDP MMU, private memory, MMIO; the same host. */
  KVM_X86("kvm-x86", "v6.8", "v6.12");

  private final String word;
  private final List<String> eras;

  SystemUnderTest(String word, String... eras) {
    this.word = word;
    this.eras = List.of(eras);
  }

  /** The kernels that are modelled for it, oldest first. */
  public List<String> eras() {
    return eras;
  }

  /** Whether it is a VM of KVM's with a host around it, which one scenario may have on several architectures. */
  public boolean isKvm() {
    return this == KVM_ARM64 || this == KVM_X86;
  }

  @Override
  public String word() {
    return word;
  }
}
