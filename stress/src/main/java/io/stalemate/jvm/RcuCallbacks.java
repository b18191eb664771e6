package io.stalemate.jvm;

/** Who runs what {@code call_rcu()} queues. Either is legal: softirqs run when they like. */
public enum RcuCallbacks {
  /** A daemon thread of the machine's, which starts with the first callback and ends when none is left. */
  ON_A_THREAD,
  /** The thread that calls {@link NativeMachine#rcuBarrier()}, for tools that know only the threads they started. */
  AT_BARRIER
}
