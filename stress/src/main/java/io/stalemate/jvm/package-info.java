/**
 * The kernel's primitives on real threads, for cross-examination by Lincheck and JCStress. Each class mirrors one of
 * {@code io.stalemate.sim} by name. Start at {@link io.stalemate.jvm.NativeMachine}.
 *
 * <p>What runs here proves something of this JVM on this CPU, not of the Linux memory model on arm64. An outcome that
 * shows up is possible; one that does not proves nothing where this column says that Java orders more.
 *
 * <pre>
 * kernel                          Java                            how it compares
 * plain load, store               plain field                     the JIT may fold and move them, as a compiler may
 * READ_ONCE, WRITE_ONCE           get/setOpaque                   coherent, never torn, no order with other words; an
 *                                                                 address dependency orders on CPUs, not in Java
 * smp_load_acquire, store_release getAcquire, setRelease          the same order
 * xchg, atomic_fetch_add/or/and   fullFence; getAndSet, getAndAdd the same: fully ordered; Java's volatile mode alone
 *                                 , getAndBitwise..; fullFence    orders with volatile accesses only
 * cmpxchg                         fullFence; compareAndExchange;  the same if it stores; one that fails orders nothing
 *                                 fullFence                       in the kernel, everything here
 * smp_rmb, smp_wmb, smp_mb        loadLoad-, storeStore-,         smp_mb the same; the others order as much, and on
 *                                 fullFence                       x86 are compiler barriers, as in the kernel
 * spinlock_t                      ticket lock                     acquire and release; taking a ticket is a full
 *                                                                 barrier, as on x86 and not on arm64
 * rwlock_t                        counters, CAS; a waiting writer as the queued rwlock in task context, but writers
 *                                 keeps new readers out           are not served in order; full barriers as above
 * mutex, rw_semaphore             monitor with owner or holders   acquire and release or more; not served in order
 * set_current_state               volatile store, fullFence       the same: smp_store_mb
 * schedule, wake_up_process       park; CAS of the state, unpark  the barrier before is rcuwait's, or the monitor's
 * rcuwait                         reference, fullFence in wake-up the same
 * wait queue, completion          list, counter under a monitor   the same
 * srcu_read_lock, _unlock         counter, then fullFence; and    barriers B and C; counters by thread, not by CPU
 *                                 fullFence, then counter
 * synchronize_srcu                two ranks, scan, flip, scan     barriers A and D; one grace period at a time
 * rcu                             the same counters               readers pay more than in the kernel, and order more:
 *                                                                 a grace period that is too short would show less
 * call_rcu                        a thread, or at rcu_barrier     a grace period for each callback
 * TLBI, DSB                       removal under a CPU's monitor   complete at once: a missing DSB does not show
 * hardware walk                   opaque loads under no lock      as a CPU's, which may also keep old intermediate
 *                                                                 entries; here it keeps none
 * IPI                             flags of a CPU, CAS             a full barrier on either side, more than promised
 * preempt_disable, might_sleep    nothing                         the simulator's lockdep is who judges context
 * </pre>
 *
 * <p>May import: {@code io.stalemate.machine}.
 */
@NullMarked
package io.stalemate.jvm;

import org.jspecify.annotations.NullMarked;
