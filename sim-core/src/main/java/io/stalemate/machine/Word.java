package io.stalemate.machine;

/**
 * One shared machine word: a {@code u64} that several tasks may touch. Every method is one shared operation.
 *
 * <p>Accesses are <em>plain</em> ({@link #read}, {@link #write}) or <em>marked</em> (all others), as KCSAN and the LKMM
 * tell them apart. Plain accesses are for data that a lock guards; the data-race oracle reports conflicting plain
 * accesses that nothing orders. {@code x++} on a shared word is {@code x.write(x.read() + 1)}: a load and a store.
 *
 * <p>Read-modify-write operations are atomic and fully ordered, as the kernel's value-returning atomics are. None of
 * the methods sleeps; all may be called in any context.
 */
public interface Word {

  /** Yields the value; a plain load. */
  long read();

  /** Stores {@code value}; a plain store. */
  void write(long value);

  /** Yields the value; {@code READ_ONCE()}: marked, relaxed. */
  long readOnce();

  /** Stores {@code value}; {@code WRITE_ONCE()}: marked, relaxed. */
  void writeOnce(long value);

  /** Yields the value; {@code smp_load_acquire()}. */
  long loadAcquire();

  /** Stores {@code value}; {@code smp_store_release()} (also {@code rcu_assign_pointer()}). */
  void storeRelease(long value);

  /** Stores {@code value} if the word holds {@code expected}; yields what it held before ({@code cmpxchg()}). */
  long cmpxchg(long expected, long value);

  /** Stores {@code value}; yields what the word held before ({@code xchg()}). */
  long xchg(long value);

  /** Adds {@code delta}; yields what the word held before ({@code atomic_fetch_add()}). */
  long fetchAdd(long delta);

  /** Sets the bits of {@code mask}; yields what the word held before ({@code atomic_fetch_or()}). */
  long fetchOr(long mask);

  /** Keeps only the bits of {@code mask}; yields what the word held before ({@code atomic_fetch_and()}). */
  long fetchAnd(long mask);
}
