package io.stalemate.scenario;

import java.util.List;

/** The actions: their words, the keys they take, the tasks that may do them, the system they belong to. */
public enum ActionKind implements Worded {
  /** The guest loads from a page. */
  LOAD("load", Doers.VCPU, "gfn", "offset", "undecodable", "failing", "stage1-table", "stage1-update", "private"),
  /** The guest stores a fresh token, or the data given, to a page. */
  STORE("store", Doers.VCPU, "gfn", "data", "offset", "undecodable", "failing", "stage1-table", "stage1-update",
      "private"),
  /** The guest fetches an instruction from a page. */
  FETCH("fetch", Doers.VCPU, "gfn", "offset", "failing", "stage1-table", "stage1-update", "private"),
  /** The guest enrols in the MMIO guard. */
  MMIO_GUARD_ENROLL("mmio-guard-enroll", Doers.VCPU),
  /** The guest says that a page is a device. */
  MMIO_GUARD_MAP("mmio-guard-map", Doers.VCPU, "gfn", "ipa"),
  /** The guest says that it no longer is. */
  MMIO_GUARD_UNMAP("mmio-guard-unmap", Doers.VCPU, "gfn", "ipa"),
  /** The guest resets its system, which ends its enrolment. */
  SYSTEM_RESET("system-reset", Doers.VCPU),

  /** The guest cleans the data cache at an address. */
  DC("dc", Doers.VCPU, "gfn", "offset"),
  /** The guest calls its VMM by a store to the address that the two agreed on. */
  UCALL("ucall", Doers.VCPU),

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
  SLOT_CREATE("slot-create", Doers.MEMSLOT, "id", "gfn", "pages", "hva", "flags", "gmem"),
  /** The same ioctl with size 0. */
  SLOT_DELETE("slot-delete", Doers.MEMSLOT, "id"),
  /** The same ioctl with another {@code guest_phys_addr}. */
  SLOT_MOVE("slot-move", Doers.MEMSLOT, "id", "gfn"),
  /** The same ioctl with other flags. */
  SLOT_FLAGS("slot-flags", Doers.MEMSLOT, "id", "flags"),

  /** {@code KVM_SET_MEMORY_ATTRIBUTES}. */
  SET_ATTRIBUTES("set-attributes", Doers.ATTRIBUTES, "gfn", "pages", "private", "address", "size", "attributes",
      "flags"),

  /** {@code KVM_GET_DIRTY_LOG}. */
  GET_DIRTY_LOG("get-dirty-log", Doers.DIRTY_LOG, "id"),
  /** {@code KVM_CLEAR_DIRTY_LOG} of what the last GET said. */
  CLEAR_DIRTY_LOG("clear-dirty-log", Doers.DIRTY_LOG, "id", "gfn", "pages"),
  /** The VMM reads the dirty entries of a vCPU's ring. */
  HARVEST_RING("harvest-ring", Doers.DIRTY_LOG, "vcpu"),
  /** {@code KVM_RESET_DIRTY_RINGS}. */
  RESET_RINGS("reset-rings", Doers.DIRTY_LOG),

  /** The guest loads the tags of half a page. */
  LOAD_TAGS("load-tags", Doers.VCPU, "gfn", "half"),
  /** The guest stores tags of its own to half a page. */
  STORE_TAGS("store-tags", Doers.VCPU, "gfn", "half"),
  /** {@code mprotect(PROT_MTE)}: the host process maps pages so that it sees their tags. */
  PROTECT_MTE("protect-mte", Doers.HOST, "hva", "pages"),
  /** {@code KVM_ARM_MTE_COPY_TAGS} from the guest. */
  READ_TAGS("read-tags", Doers.MTE, "gfn", "pages", "offset", "length", "reserved", "flag-bits", "fault-at"),
  /** {@code KVM_ARM_MTE_COPY_TAGS} to the guest: every half of a page gets tags of its own. */
  WRITE_TAGS("write-tags", Doers.MTE, "gfn", "pages", "offset", "length", "reserved", "flag-bits", "fault-at"),

  /** The VMM's process ends: see {@link ProcessExit}. */
  EXIT_MM("exit-mm", Doers.PROCESS),

  /** Scenario zero: one fault, retried until it installs. */
  YARDSTICK_FAULT("yardstick-fault", Doers.VCPU),
  /** Scenario zero: one invalidation. */
  YARDSTICK_INVALIDATE("yardstick-invalidate", Doers.NOTIFIER),

  /** Protected KVM: the host loads from a page. */
  HOST_LOAD("host-load", Doers.HOST_CPU, "page"),
  /** The host stores to a page. */
  HOST_STORE("host-store", Doers.HOST_CPU, "page"),
  /** The host fetches an instruction from a page. */
  HOST_FETCH("host-fetch", Doers.HOST_CPU, "page"),
  /** The host shares a page with the hypervisor. */
  SHARE_HYP("share-hyp", Doers.HOST_CPU, "page"),
  /** The host takes it back. */
  UNSHARE_HYP("unshare-hyp", Doers.HOST_CPU, "page"),
  /** The host gives pages to the hypervisor. */
  DONATE_HYP("donate-hyp", Doers.HOST_CPU, "page", "pages"),
  /** The hypervisor gives pages to the host. */
  HYP_DONATE_HOST("hyp-donate-host", Doers.HOST_CPU, "page", "pages"),
  /** The hypervisor fills a page and looks whether it stays so. */
  HYP_WRITE("hyp-write", Doers.HOST_CPU, "page"),
  /** The hypervisor pins a page that is shared with it, reads it and lets it go. */
  HYP_PIN("hyp-pin", Doers.HOST_CPU, "page"),
  /** The host shares a page with the secure world ({@code FFA_MEM_SHARE}). */
  FFA_SHARE("ffa-share", Doers.HOST_CPU, "page"),
  /** The host takes it back ({@code FFA_MEM_RECLAIM}). */
  FFA_RECLAIM("ffa-reclaim", Doers.HOST_CPU, "page"),
  /** The host shares a page with its guest at a gfn. */
  SHARE_GUEST("share-guest", Doers.HOST_CPU, "page", "gfn"),
  /** The host takes back what the guest has at a gfn. */
  UNSHARE_GUEST("unshare-guest", Doers.HOST_CPU, "gfn"),
  /** The guest loads from a page; a fault makes the host share it. */
  GUEST_LOAD("guest-load", Doers.VCPU, "gfn"),
  /** The guest stores to a page. */
  GUEST_STORE("guest-store", Doers.VCPU, "gfn"),

  /** {@code KVM_PRE_FAULT_MEMORY}. */
  PRE_FAULT("pre-fault", Doers.VCPU, "gfn", "pages"),
  /** A hole is punched into a guest_memfd. */
  PUNCH_HOLE("punch-hole", Doers.GUEST_MEMFD, "gmem", "page", "pages"),
  /** A guest_memfd is closed. */
  CLOSE("close", Doers.GUEST_MEMFD, "gmem"),
  /** {@code kvm_write_track_add_gfn()}. */
  TRACK_GFN("track-gfn", Doers.MEMSLOT, "gfn"),
  /** {@code kvm_write_track_remove_gfn()}. */
  UNTRACK_GFN("untrack-gfn", Doers.MEMSLOT, "gfn"),
  /** {@code kvm_zap_gfn_range()}. */
  ZAP_GFN_RANGE("zap-gfn-range", Doers.NOTIFIER, "gfn", "pages");

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

  /** The systems that have the action. */
  public List<SystemUnderTest> systems() {
    return switch (this) {
      case YARDSTICK_FAULT, YARDSTICK_INVALIDATE -> List.of(SystemUnderTest.YARDSTICK);
      case HOST_LOAD, HOST_STORE, HOST_FETCH, SHARE_HYP, UNSHARE_HYP, DONATE_HYP, HYP_DONATE_HOST, HYP_WRITE, HYP_PIN,
          FFA_SHARE, FFA_RECLAIM, SHARE_GUEST, UNSHARE_GUEST, GUEST_LOAD, GUEST_STORE ->
          List.of(SystemUnderTest.PKVM);
      case MMIO_GUARD_ENROLL, MMIO_GUARD_MAP, MMIO_GUARD_UNMAP, SYSTEM_RESET, DC, LOAD_TAGS, STORE_TAGS, PROTECT_MTE,
          READ_TAGS, WRITE_TAGS -> List.of(SystemUnderTest.KVM_ARM64);
      case PRE_FAULT, PUNCH_HOLE, CLOSE, TRACK_GFN, UNTRACK_GFN, ZAP_GFN_RANGE -> List.of(SystemUnderTest.KVM_X86);
      default -> List.of(SystemUnderTest.KVM_ARM64, SystemUnderTest.KVM_X86);
    };
  }

  /** Groups of tasks, by what they may do. */
  private enum Doers {
    VCPU,
    HOST_CPU,
    HOST,
    MEMSLOT,
    ATTRIBUTES,
    NOTIFIER,
    PROCESS,
    DIRTY_LOG,
    MTE,
    GUEST_MEMFD;

    private boolean include(TaskKind kind) {
      return switch (this) {
        case VCPU -> kind == TaskKind.VCPU;
        case HOST_CPU -> kind == TaskKind.HOST_CPU;
        case HOST -> kind == TaskKind.HOST_MM || kind == TaskKind.NOTIFIER;
        case MEMSLOT -> kind == TaskKind.MEMSLOT;
        case ATTRIBUTES -> kind == TaskKind.ATTRIBUTES;
        case NOTIFIER -> kind == TaskKind.NOTIFIER;
        case PROCESS -> kind == TaskKind.HOST_MM;
        case MTE -> kind == TaskKind.MTE;
        case DIRTY_LOG -> kind == TaskKind.DIRTY_LOG;
        case GUEST_MEMFD -> kind == TaskKind.GUEST_MEMFD;
      };
    }
  }
}
