package io.stalemate.strategy;

/**
 * SplitMix64 (Steele, Lea, Flood: Fast Splittable Pseudorandom Number Generators, OOPSLA 2014): the project's only
 * source of randomness, the same on every JVM.
 */
public final class Seeded {

  private static final long GOLDEN_GAMMA = 0x9e3779b97f4a7c15L;

  private long state;

  /** A generator that starts at {@code seed}. */
  public Seeded(long seed) {
    this.state = seed;
  }

  /** Starts again at {@code seed}. */
  public void reseed(long seed) {
    this.state = seed;
  }

  /** Yields the next 64 bits. */
  public long nextLong() {
    return mix(state += GOLDEN_GAMMA);
  }

  /** Yields a number from 0 to {@code bound - 1}; the bias for bounds far below 2^32 does not matter here. */
  public int below(int bound) {
    return (int) (((nextLong() >>> 32) * bound) >>> 32);
  }

  /** Yields the seed of run {@code index} of a session: independent of who runs it, and when. */
  public static long derive(long seed, long index) {
    return mix(mix(seed) + (index + 1) * GOLDEN_GAMMA);
  }

  private static long mix(long value) {
    long z = (value ^ (value >>> 30)) * 0xbf58476d1ce4e5b9L;
    z = (z ^ (z >>> 27)) * 0x94d049bb133111ebL;
    return z ^ (z >>> 31);
  }
}
