/**
 * {@code virt/kvm}: what all architectures share. The VM, memslots, the mmu-notifier and the invalidation counters,
 * memory attributes, gfn to pfn, vCPU requests. Start reading at {@link io.stalemate.linux.kvm.Kvm}, then
 * {@link io.stalemate.linux.kvm.MmuInvalidation} and {@link io.stalemate.linux.kvm.MmuNotifier}.
 *
 * <p>gfns, pfns and hvas count pages, ends exclusive. {@link io.stalemate.linux.kvm.KernelText} says which classes a VM
 * is made of: an era or a known race replaces one of them by a subclass.
 *
 * <p>May import: {@code machine}, {@code linux}, {@code linux.mm}. Architectures hook in through
 * {@link io.stalemate.linux.kvm.ArchMmu}.
 */
@NullMarked
package io.stalemate.linux.kvm;

import org.jspecify.annotations.NullMarked;
