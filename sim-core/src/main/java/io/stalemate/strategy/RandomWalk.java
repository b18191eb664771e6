package io.stalemate.strategy;

/** Uniform walk: every task that can proceed is equally likely at every step. Fair with probability one. */
public final class RandomWalk implements Strategy {

  private final Seeded random = new Seeded(0);

  @Override
  public String name() {
    return "rnd";
  }

  @Override
  public void begin(long seed, int tasks) {
    random.reseed(seed);
  }

  @Override
  public int choose(int current, long enabled, Announced announced) {
    int count = Long.bitCount(enabled);
    return count == 1 ? Long.numberOfTrailingZeros(enabled) : Bits.nth(enabled, random.below(count));
  }
}
