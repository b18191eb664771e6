/**
 * Kernel text of {@code arch/arm64/kvm/hyp/nvhe}: protected KVM's memory protection at EL2. The hypervisor keeps the
 * host behind a stage-2 table of its own, an identity map that faults in; entries that are invalid but not empty say
 * who owns a page that the host gave away. For the eras v5.15 (sharing with the hypervisor alone), v6.2 and v6.12.
 *
 * <p>Start at {@link io.stalemate.linux.arm64.nvhe.MemProtect}, then {@link io.stalemate.linux.arm64.nvhe.HostMmu}.
 * Locks, outermost first: {@code host_buffers.lock}, {@code host_mmu.lock}, then {@code pkvm_pgd_lock} or a guest's
 * {@code vm->lock}. All are spinlocks of EL2, where nothing sleeps and there is no RCU.
 *
 * <p>May import: what {@code io.stalemate.linux.arm64} may, and that package.
 */
@NullMarked
package io.stalemate.linux.arm64.nvhe;

import org.jspecify.annotations.NullMarked;
