/**
 * The kernel's primitives on real threads, for cross-examination by Lincheck and JCStress. Each class mirrors one of
 * {@code io.stalemate.sim} by name. Start at {@link io.stalemate.jvm.NativeMachine}.
 *
 * <p>What runs here proves something of this JVM on this CPU, not of the Linux memory model on arm64:
 *
 * <pre>
 * kernel                          Java                          says too much or too little
 * plain load, store               plain field                   the JIT may fold and move them, as a compiler may
 * READ_ONCE, WRITE_ONCE           get/setOpaque                 coherent and never torn; no order with other words
 * smp_load_acquire, store_release get/setAcquire/Release        the same order; Java's also orders plain accesses
 * xchg, cmpxchg, atomic_fetch_*   getAndSet, compareAndExchange volatile: ordered with volatile accesses, like a full
 *                                 , getAndAdd, getAndBitwise..  barrier on x86 and arm64 as compiled today
 * smp_rmb, smp_wmb, smp_mb        loadLoad-, storeStore-, fullFence
 * spinlock_t                      ticket lock                   acquire and release; a full barrier more than needed
 * rwlock_t                        counter with waiting writers  as the queued rwlock in task context
 * mutex, rw_semaphore             ReentrantLock, fair ReentrantReadWriteLock
 * srcu, rcu                       two ranks of counters, two scans
 * rcuwait, wait queue, completion state and park; monitor
 * TLBI, DSB                       removal under the CPU's monitor: complete at once, so a missing DSB does not show
 * </pre>
 *
 * <p>May import: {@code io.stalemate.machine}.
 */
@NullMarked
package io.stalemate.jvm;

import org.jspecify.annotations.NullMarked;
