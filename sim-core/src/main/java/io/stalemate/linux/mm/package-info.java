/**
 * The host's memory management, as far as KVM meets it: pages with reference counts, host page tables, VMAs, GUP,
 * faults, unmapping, reclaim to swap, migration, KSM, and the mmu-notifier calls around every change.
 *
 * <p>Addresses are page numbers (hva), ends exclusive; host and guest pages have one size. Lock order:
 * {@code mmap_lock}, page lock, notifier section, {@code ptl}, and inside it KVM's {@code mmu_lock} (from
 * {@code change_pte} and ageing). Start reading at {@link io.stalemate.linux.mm.MmStruct}, then
 * {@link io.stalemate.linux.mm.Gup}.
 *
 * <p>May import: {@code machine}, {@code linux}; nothing of KVM, which hooks in through
 * {@link io.stalemate.linux.mm.MmuNotifierOps}.
 */
@NullMarked
package io.stalemate.linux.mm;

import org.jspecify.annotations.NullMarked;
