package io.stalemate.machine;

import java.util.List;

/**
 * The facts kernel text announces about itself, in the kernel's vocabulary. Oracles, goals, outcomes and {@code show}
 * read them; they are no scheduling points. Units: gfn, pfn and page numbers of hvas in pages, ends exclusive, a pfn
 * of 0 means none.
 */
public enum Tracepoint {
  /** A guest access begins; {@code access} is the ordinal of {@link Access}, {@code value} the token to store. */
  GUEST_ACCESS("guest_access", "vcpu", "gfn", "access", "value"),
  /** The access of {@link #GUEST_ACCESS} is complete, with the token loaded or stored. */
  GUEST_ACCESS_DONE("guest_access_done", "vcpu", "gfn", "access", "value"),
  /** A stage-2 abort reaches KVM; {@code esr} is the syndrome, {@code ipa} the address in bytes. */
  GUEST_ABORT("kvm_guest_abort", "vcpu", "ipa", "esr", "access"),
  /** The fault handler took its snapshot of {@code mmu_invalidate_seq} for {@code gfn}. */
  FAULT_SEQ("mmu_seq_sample", "gfn", "seq"),
  /** The fault handler learned the frame behind {@code gfn}. */
  FAULT_PFN("kvm_faultin_pfn", "gfn", "pfn", "writable"),
  /** The retry predicate sent the fault back. */
  FAULT_RETRY("mmu_invalidate_retry", "gfn", "seq_seen", "seq_now", "in_progress"),
  /** The fault handler is done with {@code gfn}; {@code ret} is 0 or a negative errno. */
  FAULT_DONE("kvm_fault_done", "gfn", "ret"),
  /** A vCPU leaves to its VMM; {@code reason} is the ordinal of the exit reason. */
  VCPU_EXIT("kvm_userspace_exit", "vcpu", "reason", "ipa", "errno"),
  /** An abort is injected into the guest. */
  INJECT_ABORT("kvm_inject_abort", "vcpu", "ipa", "is_iabt"),
  /** A stage-2 entry changed from {@code old} to {@code new}; follows the store directly. */
  S2_SET_PTE("stage2_set_pte", "gfn", "level", "old", "new"),
  /** The reference count of a page-table page after a get or put. */
  PT_REF("page_table_ref", "pfn", "count"),
  /** The stage-2 root table of a VMID. */
  S2_ROOT("stage2_root", "vmid", "pfn"),
  /** {@code kvm_mmu_invalidate_begin}; {@code count} is in_progress after it. */
  INVALIDATE_BEGIN("kvm_mmu_invalidate_begin", "in_progress"),
  /** {@code kvm_mmu_invalidate_range_add}. */
  INVALIDATE_RANGE("kvm_mmu_invalidate_range_add", "gfn_start", "gfn_end"),
  /** {@code kvm_mmu_invalidate_end}; the sequence and in_progress after it. */
  INVALIDATE_END("kvm_mmu_invalidate_end", "seq", "in_progress"),
  /** The host calls {@code mmu_notifier_invalidate_range_start} for hva pages. */
  NOTIFIER_START("mmu_notifier_invalidate_range_start", "hva_start", "hva_end"),
  /** That call returned: the host may change its tables. */
  NOTIFIER_STARTED("mmu_notifier_invalidate_range_started", "hva_start", "hva_end"),
  /** The host calls {@code mmu_notifier_invalidate_range_end}. */
  NOTIFIER_END("mmu_notifier_invalidate_range_end", "hva_start", "hva_end"),
  /** {@code mn_active_invalidate_count} after a change. */
  MN_ACTIVE("mn_active_invalidate_count", "count"),
  /** A host page-table entry changed; frames, and whether the new one is writable. */
  HOST_PTE("set_pte_at", "hva_page", "old_pfn", "new_pfn", "writable"),
  /** A host mapping was made; {@code kind} is the ordinal of the VMA's kind, {@code shift} its page shift. */
  VMA_MAP("vma_link", "hva_start", "hva_end", "kind", "shift"),
  /** A host mapping was removed. */
  VMA_UNMAP("vma_unmap", "hva_start", "hva_end"),
  /** The reference count of a user page after a get or put. */
  PAGE_REF("page_ref", "pfn", "count"),
  /** A page's data went to swap, or came back. */
  SWAP("swap", "hva_page", "pfn", "token", "in"),
  /** A memslot became visible as INVALID. */
  SLOT_INVALID("memslot_invalid", "id", "gfn_start", "npages", "hva_page"),
  /** A memslot was created, or moved here. */
  SLOT_INSTALL("memslot_install", "id", "gfn_start", "npages", "hva_page"),
  /** A memslot's flags changed. */
  SLOT_FLAGS("memslot_flags", "id", "flags"),
  /** The ioctl that deletes, or moves away, a memslot is about to return. */
  SLOT_GONE("memslot_gone", "id", "gfn_start", "npages", "hva_page"),
  /** The active memslot set was swapped. */
  SLOTS_SWAP("kvm_swap_active_memslots", "generation"),
  /** A memslot object was freed (its set's grace period is over). */
  SLOT_FREE("memslot_free", "serial"),
  /** A memslot object was used by a reader. */
  SLOT_USE("memslot_use", "serial", "gfn"),
  /** One gfn's memory attributes were stored. */
  MEM_ATTR("mem_attr_store", "gfn", "attributes"),
  /** An ioctl or host operation of a scenario returned {@code ret}. */
  RETURN("return", "operation", "ret");

  private final String kernelName;
  private final List<String> arguments;

  Tracepoint(String kernelName, String... arguments) {
    this.kernelName = kernelName;
    this.arguments = List.of(arguments);
  }

  /** The name that traces print. */
  public String kernelName() {
    return kernelName;
  }

  /** The names of the arguments in use, in order. */
  public List<String> arguments() {
    return arguments;
  }
}
