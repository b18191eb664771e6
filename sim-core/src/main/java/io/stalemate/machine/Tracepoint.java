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
  /** A stage-2 abort reaches KVM: HPFAR's page as an address in bytes, the syndrome, and FAR. */
  GUEST_ABORT("kvm_guest_abort", "vcpu", "ipa", "esr", "far"),
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
  /** An abort is injected into the guest; {@code kind} is 0, 1 for an address-size fault, 2 for an SError. */
  INJECT_ABORT("kvm_inject_abort", "vcpu", "ipa", "is_iabt", "kind"),
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
  /** A memslot's flags changed, or are those of the memslot that is said next to be installed. */
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
  RETURN("return", "operation", "ret"),
  /** A VM was made: ordinal of its era, bits of the IPAs that it and the host can translate, and capability bits. */
  CREATE_VM("kvm_create_vm", "era", "ia_bits", "ipa_limit", "caps"),
  /** The host's RAS code was asked about an external abort; {@code claimed} is 1 if it took it. */
  GUEST_SEA("kvm_handle_guest_sea", "vcpu", "claimed"),
  /** The instruction at the abort was skipped: cache maintenance of nothing. */
  SKIP_INSTR("kvm_skip_instr", "vcpu", "ipa"),
  /** A device in the kernel answered the access at byte address {@code ipa}. */
  MMIO_IN_KERNEL("kvm_mmio", "vcpu", "ipa", "is_write"),
  /** A device in the kernel was put on ({@code present} 1) or taken off the bus, at byte address {@code ipa}. */
  IO_BUS("kvm_io_bus", "ipa", "len", "present"),
  /** An access-flag fault on a page that has a usable slot. */
  ACCESS_FAULT("kvm_access_fault", "vcpu", "ipa"),
  /** An ioctl that copies tags begins; {@code length} in bytes of guest memory. */
  MTE_COPY("kvm_vm_ioctl_mte_copy_tags", "gfn", "length", "to_guest"),
  /** It is over: bytes of guest memory whose tags were copied, or a negative errno. */
  MTE_COPY_DONE("kvm_vm_ioctl_mte_copy_tags_done", "gfn", "ret"),
  /** The ioctl gave user space the tag word {@code word} of a page. */
  MTE_TAG_READ("mte_copy_tags_to_user", "gfn", "pfn", "word", "token"),
  /** The ioctl is about to store the tag word {@code word} of a page. */
  MTE_TAG_WRITE("mte_copy_tags_from_user", "gfn", "pfn", "word", "token"),
  /** A page's tags are about to be set to 0; {@code given_up} is 1 after a copy that failed half way. */
  MTE_CLEAR("mte_clear_page_tags", "pfn", "given_up"),
  /** The tags of a page are its own from now on. */
  MTE_TAGGED("set_page_mte_tagged", "pfn"),
  /** Pages of memslot {@code id} became dirty in its bitmap: {@code mask}, from page {@code page} of the slot. */
  DIRTY_SET("mark_page_dirty_in_slot", "id", "page", "mask"),
  /** Dirty bits were taken out of a slot's bitmap, for user space to be told. */
  DIRTY_TAKEN("dirty_bitmap_taken", "id", "page", "mask"),
  /** An ioctl that tells user space what was dirty is about to return: what this task took is told. */
  DIRTY_REPORTED("dirty_log_reported", "ret"),
  /** The ioctl that turned dirty logging of a slot on (1) or off (0) is about to return. */
  DIRTY_LOGGING("dirty_log_enabled", "id", "on"),
  /** A vCPU noted a page of a slot in its dirty ring; {@code index} is the running number of the entry. */
  DIRTY_RING_PUSH("kvm_dirty_ring_push", "vcpu", "id", "page", "index"),
  /** The VMM read a dirty entry. */
  DIRTY_RING_HARVEST("dirty_ring_harvest", "vcpu", "id", "page", "index"),
  /** A harvested entry was taken out of the ring. */
  DIRTY_RING_RESET("kvm_dirty_ring_reset", "vcpu", "id", "page", "index"),
  /** The hypervisor's list of memory: pages from {@code start} to {@code end}, and whether they are carved out. */
  HYP_MEMORY("hyp_memory", "start", "end", "no_map"),
  /** A page transition was decided and done, locks still held; {@code arg} is a number of pages or a gfn. */
  PKVM_TRANSITION("pkvm_transition", "call", "pfn", "arg", "ret"),
  /** A host CPU's stage-2 abort reaches EL2. */
  HOST_MEM_ABORT("host_mem_abort", "cpu", "ipa", "esr"),
  /** What became of it; {@code ret} is 0 or a negative errno. */
  HOST_MEM_ABORT_DONE("host_mem_abort_done", "cpu", "ipa", "ret"),
  /** The hypervisor accessed a page through its own tables. */
  HYP_ACCESS("hyp_access", "pfn", "write"),
  /** The data cache is cleaned of the frames behind a leaf that {@code kvm_pgtable_stage2_flush} came to. */
  S2_FLUSH("stage2_flush", "gfn", "pfn", "pages"),
  /** A page was marked accessed, or {@code dirty} if 1, by whoever used it. */
  PAGE_MARK("page_mark", "pfn", "dirty"),
  /** A guest called its hypervisor, by the SMC calling convention. */
  HYPERCALL("kvm_hvc", "vcpu", "function", "argument"),
  /** The call is over; {@code ret} is its result. */
  SMCCC_RESULT("smccc_result", "vcpu", "function", "ret"),
  /** The GICv2's virtual CPU interface is at byte address {@code ipa}. */
  VGIC_V2("vgic_v2_cpu_base", "ipa"),
  /** The guest enrolled in the MMIO guard; {@code lasting} is 1 if pages stay devices until UNMAP. */
  MMIO_GUARD_ENROLL("kvm_mmio_guard_enroll", "vcpu", "lasting"),
  /** MAP ({@code map} 1) or UNMAP of the page at byte address {@code ipa} is done, with an errno. */
  MMIO_GUARD("kvm_mmio_guard", "vcpu", "ipa", "map", "errno"),
  /** A note of the MMIO guard outside stage 2 came or went. */
  MMIO_GUARD_NOTE("kvm_mmio_guard_note", "gfn", "present"),
  /** An access to byte address {@code ipa} was no device's. */
  MMIO_GUARD_FAILED("kvm_failed_mmio_check", "vcpu", "ipa"),
  /** A guest's reset ended its enrolment. */
  MMIO_GUARD_RESET("kvm_mmio_guard_reset"),
  /** The access to byte address {@code ipa} is the VMM's to emulate: the exit is decided. */
  MMIO_EXIT("kvm_mmio_exit", "vcpu", "ipa", "is_write"),
  /** A block at {@code gfn} was split: its entry points to a table that maps the same. */
  S2_SPLIT("kvm_pgtable_stage2_split", "gfn", "level"),
  /** An x86 SPTE changed from {@code old} to {@code new}; follows the store directly. Level 1 holds pages. */
  TDP_SET_SPTE("kvm_tdp_mmu_spte_changed", "gfn", "level", "old", "new"),
  /** A TDP root page: {@code validity} 1 it is a valid root, 2 it is invalid, 0 it is freed. */
  TDP_ROOT("kvm_tdp_mmu_root", "pfn", "validity"),
  /** A vCPU uses the root page {@code pfn} from its next entry on; 0 none. */
  TDP_LOAD_ROOT("kvm_mmu_load_pgd", "vcpu", "pfn"),
  /** A nested page fault reaches KVM's MMU: byte address and 64-bit error code, synthetic flags included. */
  X86_FAULT("kvm_page_fault", "vcpu", "gpa", "error_code"),
  /** What became of it: {@code ret} is the RET_PF code or a negative errno of {@code kvm_mmu_do_page_fault()}. */
  X86_FAULT_RET("kvm_mmu_do_page_fault", "vcpu", "gpa", "error_code", "ret"),
  /** The fault compared private with the attribute: {@code is_private} of the fault, {@code attr} of the gfn. */
  PRIVATE_CHECK("kvm_mem_is_private", "gfn", "is_private", "attr"),
  /** An MMIO SPTE was found: {@code valid} is 1 if its generation is the current one. */
  MMIO_SPTE_CHECK("check_mmio_spte", "gfn", "spte_gen", "kvm_gen", "valid"),
  /** The vCPU notes that {@code gfn} is MMIO as of memslot generation {@code gen}. */
  MMIO_CACHED("vcpu_cache_mmio_info", "vcpu", "gfn", "gen"),
  /** All MMIO SPTEs are about to go: the generation wrapped around. */
  MMIO_GEN_WRAP("kvm_mmu_invalidate_mmio_sptes", "generation"),
  /** All roots were made invalid; {@code generation} of the MMU after it. */
  ZAP_ALL_FAST("kvm_mmu_zap_all_fast", "generation"),
  /** A slot got pages {@code pgoff} on of guest_memfd {@code file} for its gfns; npages 0 takes them away. */
  GMEM_BIND("kvm_gmem_bind", "file", "gfn_start", "npages", "pgoff"),
  /** Page {@code index} of a guest_memfd is in frame {@code pfn} from now on; 0: in none. */
  GMEM_FOLIO("kvm_gmem_folio", "file", "index", "pfn"),
  /** A range of a guest_memfd is punched out, or all of it released: indices, end exclusive; {@code done} 0 then 1. */
  GMEM_INVALIDATE("kvm_gmem_invalidate", "file", "index", "end", "done"),
  /** Who owns a frame changed in the RMP: {@code assigned} 1 the guest, 0 the host. */
  RMPUPDATE("rmpupdate", "pfn", "assigned"),
  /** A fault goes on in the background; the guest was told, or halted. */
  ASYNC_PF_SETUP("kvm_try_async_get_page", "vcpu", "gfn", "token"),
  /** The background part of an asynchronous fault is over: the page is there. */
  ASYNC_PF_DONE("kvm_async_pf_completed", "vcpu", "gfn", "token"),
  /** An asynchronous fault is replayed with the error code it kept. */
  ASYNC_PF_READY("kvm_async_pf_ready", "vcpu", "gfn", "error_code", "ret"),
  /** {@code KVM_PRE_FAULT_MEMORY} is done with a page. */
  PRE_FAULT("kvm_tdp_map_page", "vcpu", "gpa", "error_code", "ret"),
  /** The huge page at {@code gfn} is made of private and shared pages ({@code mixed} 1), or no longer. */
  HUGEPAGE_MIXED("hugepage_set_mixed", "gfn", "level", "mixed"),
  /** KVM emulates an access: {@code done} 1 in guest memory, 2 by a device in the kernel, 0 the VMM has to. */
  EMULATE("kvm_emulate_insn", "vcpu", "gpa", "is_write", "done"),
  /** A gfn is write-tracked (1): no leaf may be writable; or no longer (0). */
  WRITE_TRACK("kvm_write_track_gfn", "gfn", "on"),
  /** A vCPU is to use frame {@code pfn} as its APIC access page. */
  APIC_ACCESS_PAGE("kvm_vcpu_reload_apic_access_page", "vcpu", "pfn"),
  /** A fault was dealt with without mmu_lock: {@code ret} is FIXED or SPURIOUS. */
  FAST_PAGE_FAULT("fast_page_fault", "vcpu", "gpa", "error_code", "ret"),
  /** A huge leaf of {@code level} was to be split: {@code linked} is 1 if it was, 0 if somebody changed the entry. */
  SPLIT_HUGE_PAGE("kvm_mmu_split_huge_page", "gfn", "spte", "level", "linked"),
  /** The ioctl that creates, changes or, with no pages, deletes a memslot is called. */
  SET_REGION("kvm_set_memory_region", "id", "gfn_start", "npages", "hva_page"),
  /** It is about to return {@code ret}; {@code flags} are those asked for. */
  SET_REGION_DONE("kvm_set_memory_region_done", "id", "flags", "ret"),
  /** {@code kvm_zap_gfn_range()} takes these gfns away, inside the invalidation that it began. */
  ZAP_GFN_RANGE("kvm_zap_gfn_range", "gfn_start", "gfn_end"),
  /** A walk of the TDP MMU lets go of mmu_lock; {@code gfn} is the page that comes next when it goes on. */
  TDP_YIELD("tdp_mmu_iter_cond_resched", "gfn"),
  /** The run page asks the VMM to make the page at {@code gpa} private (1) or shared (0). */
  MEMORY_FAULT_EXIT("kvm_prepare_memory_fault_exit", "vcpu", "gpa", "is_private");

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
