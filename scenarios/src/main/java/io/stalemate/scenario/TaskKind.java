package io.stalemate.scenario;

/** Who a task is, which decides the actions it may do. */
public enum TaskKind implements Worded {
  /** A vCPU: runs guest accesses through its pCPU and handles its own faults. */
  VCPU("vcpu"),
  /** Something of the host that ends in an mmu-notifier: reclaim, KSM, hole punching. */
  NOTIFIER("notifier"),
  /** A VMM thread in {@code KVM_SET_USER_MEMORY_REGION}. */
  MEMSLOT("memslot"),
  /** A VMM thread in {@code KVM_SET_MEMORY_ATTRIBUTES}. */
  ATTRIBUTES("attributes"),
  /** A thread of the host process in {@code mmap}, {@code munmap} and the like. */
  HOST_MM("host-mm"),
  /** A VMM thread that asks which pages are dirty. */
  DIRTY_LOG("dirty-log"),
  /** A VMM thread in {@code KVM_ARM_MTE_COPY_TAGS}. */
  MTE("mte"),
  /** A CPU that runs a host behind protected KVM. */
  HOST_CPU("host-cpu"),
  /** A VMM thread that punches holes into a guest_memfd, or closes it. */
  GUEST_MEMFD("guest-memfd"),
  /** The kernel's worker that finishes asynchronous page faults; nobody tells it what to do. */
  ASYNC_PF("async-pf");

  private final String word;

  TaskKind(String word) {
    this.word = word;
  }

  /** Whether a task of this kind is a pCPU's. */
  public boolean hasCpu() {
    return this == VCPU || this == HOST_CPU;
  }

  /** Whether a task of this kind has a list of actions. */
  public boolean hasActions() {
    return this != ASYNC_PF;
  }

  @Override
  public String word() {
    return word;
  }
}
