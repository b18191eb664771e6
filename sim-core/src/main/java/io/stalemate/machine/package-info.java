/**
 * What kernel text may ask for, and nothing else: shared words, barriers, locks, SRCU and RCU, wait queues, TLB
 * maintenance, interrupts between CPUs, pages, lockdep. Start at {@link io.stalemate.machine.Machine}.
 *
 * <p>A binding of {@code Machine} decides what a primitive costs and who runs next: the simulated one makes each
 * primitive an event of a world, a native one runs it on real threads. Kernel text cannot tell them apart.
 *
 * <p>{@link io.stalemate.machine.ObjectTable} is the same in all of them: what the kernel's pointers point to.
 *
 * <p>May import: nothing but {@code java.lang}.
 */
@NullMarked
package io.stalemate.machine;

import org.jspecify.annotations.NullMarked;
