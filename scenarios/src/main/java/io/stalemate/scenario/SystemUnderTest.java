package io.stalemate.scenario;

/** What a scenario's tasks run against. */
public enum SystemUnderTest implements Worded {
  /** KVM's MMU on arm64: stage-2 tables, memslots, mmu-notifiers, a host's memory management, guests on their TLBs. */
  KVM_ARM64("kvm-arm64"),
  /** Scenario zero: the bare retry protocol, one page, one lock, the same in every engine. */
  YARDSTICK("yardstick"),
  /** Protected KVM on arm64: a host behind its own stage-2 table, the hypervisor, and a guest of the host's. */
  PKVM("pkvm");

  private final String word;

  SystemUnderTest(String word) {
    this.word = word;
  }

  @Override
  public String word() {
    return word;
  }
}
