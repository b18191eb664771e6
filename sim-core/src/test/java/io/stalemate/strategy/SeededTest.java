package io.stalemate.strategy;

import static org.assertj.core.api.Assertions.assertThat;

import java.math.BigInteger;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

final class SeededTest {

  private static final BigInteger WORD = BigInteger.ONE.shiftLeft(64);

  /** SplitMix64 in unbounded integers, reduced at each step: the definition, not the implementation under test. */
  private static long[] reference(long seed, int count) {
    long[] values = new long[count];
    BigInteger state = BigInteger.valueOf(seed).mod(WORD);
    for (int i = 0; i < count; i++) {
      state = state.add(new BigInteger("9e3779b97f4a7c15", 16)).mod(WORD);
      BigInteger z = state.xor(state.shiftRight(30)).multiply(new BigInteger("bf58476d1ce4e5b9", 16)).mod(WORD);
      z = z.xor(z.shiftRight(27)).multiply(new BigInteger("94d049bb133111eb", 16)).mod(WORD);
      values[i] = z.xor(z.shiftRight(31)).longValue();
    }
    return values;
  }

  private static long[] drawn(long seed, int count) {
    Seeded seeded = new Seeded(seed);
    long[] values = new long[count];
    for (int i = 0; i < count; i++) {
      values[i] = seeded.nextLong();
    }
    return values;
  }

  @Test
  void drawsThePublishedSequences() {
    // The values of the authors' C program, as quoted by several implementations.
    assertThat(drawn(1234567, 5)).containsExactly(
        Long.parseUnsignedLong("6457827717110365317"), Long.parseUnsignedLong("3203168211198807973"),
        Long.parseUnsignedLong("9817491932198370423"), Long.parseUnsignedLong("4593380528125082431"),
        Long.parseUnsignedLong("16408922859458223821"));
    assertThat(drawn(0, 3)).containsExactly(0xe220a8397b1dcdafL, 0x6e789e6aa1b965f4L, 0x06c45d188009454fL);
  }

  @Test
  void agreesWithTheDefinition() {
    for (long seed : new long[] {0, 1, -1, 1234567, Long.MIN_VALUE, Long.MAX_VALUE}) {
      assertThat(drawn(seed, 1_000)).isEqualTo(reference(seed, 1_000));
    }
  }

  @Test
  void reseedStartsAgain() {
    Seeded seeded = new Seeded(9);
    seeded.nextLong();
    seeded.reseed(0);
    assertThat(seeded.nextLong()).isEqualTo(0xe220a8397b1dcdafL);
  }

  @Test
  void belowStaysBelowAndReachesEveryValueAboutEquallyOften() {
    Seeded seeded = new Seeded(5);
    int[] counts = new int[7];
    for (int i = 0; i < 70_000; i++) {
      counts[seeded.below(7)]++;
    }
    // 10,000 expected each, standard deviation 93.
    for (int count : counts) {
      assertThat(count).isBetween(9_500, 10_500);
    }
  }

  @Test
  void seedsDerivedForNeighbouringRunsAndSessionsDiffer() {
    assertThat(LongStream.range(0, 20_000)
        .map(i -> Seeded.derive(i % 100, i / 100)).distinct().count()).isEqualTo(20_000);
  }
}
