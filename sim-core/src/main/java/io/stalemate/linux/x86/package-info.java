/**
 * Kernel text of {@code arch/x86/kvm}: the page-fault path, the TDP MMU, private memory, MMIO and asynchronous faults,
 * as of v6.8 and, after the page-fault clean-ups of v6.11, v6.12.
 *
 * <p>Start at {@link io.stalemate.linux.x86.MmuPageFault}; {@link io.stalemate.linux.x86.TdpMmu} is how an SPTE
 * changes, {@link io.stalemate.linux.x86.X86Mmu} what the common part calls, {@link io.stalemate.linux.x86.X86Text}
 * what is linked.
 *
 * <p>May import: {@code io.stalemate.machine}, {@code io.stalemate.cpu}, {@code io.stalemate.cpu.x86},
 * {@code io.stalemate.linux}, {@code io.stalemate.linux.mm}, {@code io.stalemate.linux.kvm}.
 */
@NullMarked
package io.stalemate.linux.x86;

import org.jspecify.annotations.NullMarked;
