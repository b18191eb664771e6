package io.stalemate.scenario;

import java.util.List;

/** The actions: their words, the keys they take, the tasks that may do them, the system they belong to. */
public enum ActionKind implements Worded {
  /** The guest loads from a page. */
  LOAD("load", Doers.VCPU, "gfn"),
  /** The guest stores a fresh token, or the data given, to a page. */
  STORE("store", Doers.VCPU, "gfn", "data"),
  /** The guest fetches an instruction from a page. */
  FETCH("fetch", Doers.VCPU, "gfn"),

  /** {@code munmap()}. */
  MUNMAP("munmap", Doers.HOST, "hva", "pages"),
  /** {@code mmap(MAP_FIXED)} where nothing is mapped. */
  MMAP("mmap", Doers.HOST, "hva", "pages", "kind", "shift", "writable"),
  /** {@code mmap(MAP_FIXED)} over what is mapped: unmaps it and maps anew in one {@code mmap_lock} section. */
  REMAP("remap", Doers.HOST, "hva", "pages", "kind", "shift", "writable"),
  /** Reclaim writes one page to swap. */
  SWAP_OUT("swap-out", Doers.HOST, "hva"),
  /** One page moves to another frame. */
  MIGRATE("migrate", Doers.HOST, "hva"),
  /** KSM merges two pages of equal content. */
  KSM("ksm", Doers.HOST, "hva", "with"),
  /** {@code madvise(MADV_DONTNEED)} or a hole punch: pages go, the VMA stays. */
  PUNCH("punch", Doers.HOST, "hva", "pages"),
  /** {@code mprotect(PROT_READ)}. */
  PROTECT("protect", Doers.HOST, "hva", "pages"),
  /** Reclaim's look at the accessed bits. */
  AGE("age", Doers.HOST, "hva", "pages"),
  /** The host process itself accesses a page, which faults it in. */
  TOUCH("touch", Doers.HOST, "hva", "write"),

  /** {@code KVM_SET_USER_MEMORY_REGION}: a new memslot. */
  SLOT_CREATE("slot-create", Doers.MEMSLOT, "id", "gfn", "pages", "hva", "flags"),
  /** The same ioctl with size 0. */
  SLOT_DELETE("slot-delete", Doers.MEMSLOT, "id"),
  /** The same ioctl with another {@code guest_phys_addr}. */
  SLOT_MOVE("slot-move", Doers.MEMSLOT, "id", "gfn"),
  /** The same ioctl with other flags. */
  SLOT_FLAGS("slot-flags", Doers.MEMSLOT, "id", "flags"),

  /** {@code KVM_SET_MEMORY_ATTRIBUTES}. */
  SET_ATTRIBUTES("set-attributes", Doers.ATTRIBUTES, "gfn", "pages", "private"),

  /** Scenario zero: one fault, retried until it installs. */
  YARDSTICK_FAULT("yardstick-fault", Doers.VCPU),
  /** Scenario zero: one invalidation. */
  YARDSTICK_INVALIDATE("yardstick-invalidate", Doers.NOTIFIER);

  private final String word;
  private final Doers doers;
  private final List<String> keys;

  ActionKind(String word, Doers doers, String... keys) {
    this.word = word;
    this.doers = doers;
    this.keys = List.of(keys);
  }

  @Override
  public String word() {
    return word;
  }

  /** The keys that the action takes besides {@code do} and {@code times}. */
  public List<String> keys() {
    return keys;
  }

  /** Whether a task of {@code kind} may do it. */
  public boolean doneBy(TaskKind kind) {
    return doers.include(kind);
  }

  /** The system that the action belongs to. */
  public SystemUnderTest system() {
    return this == YARDSTICK_FAULT || this == YARDSTICK_INVALIDATE
        ? SystemUnderTest.YARDSTICK
        : SystemUnderTest.KVM_ARM64;
  }

  /** Groups of tasks, by what they may do. */
  private enum Doers {
    VCPU,
    HOST,
    MEMSLOT,
    ATTRIBUTES,
    NOTIFIER;

    private boolean include(TaskKind kind) {
      return switch (this) {
        case VCPU -> kind == TaskKind.VCPU;
        case HOST -> kind == TaskKind.HOST_MM || kind == TaskKind.NOTIFIER;
        case MEMSLOT -> kind == TaskKind.MEMSLOT;
        case ATTRIBUTES -> kind == TaskKind.ATTRIBUTES;
        case NOTIFIER -> kind == TaskKind.NOTIFIER;
      };
    }
  }
}
