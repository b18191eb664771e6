package io.stalemate.scenario.token;

/**
 * The check word at the end of a token: three Crockford characters, 15 bits, over all before it. The upper bit says
 * whether the length is odd; the lower 14 are the sum of the characters' numbers (1 to 40), each weighted by a power of
 * {@value #ROOT}, modulo the prime {@value #PRIME}.
 *
 * <p>Always caught in a token of at most 200 characters, whichever characters they hit:
 * <ul>
 *   <li>one substituted character: the sum changes by weight times difference, neither of which the prime divides;
 *   <li>two characters before the check word swapped, neighbours or not: it changes by the difference
 *       of their weights, which differ since {@value #ROOT} is a primitive root, times the characters' difference;
 *   <li>one character inserted or deleted: the length turns odd or even;
 *   <li>one of these in the check word or its dot: then it is no longer three characters, or not the body's.
 * </ul>
 * Other damage passes at most once in 16,381 times, and then only if it still has a token's form. (Ten bits of a CRC-32
 * would let one swap or insertion in a thousand pass.)
 */
final class Check {

  /** Characters that a token may hold; a character's number is its index plus one. */
  static final String ALPHABET = "abcdefghijklmnopqrstuvwxyz0123456789.,=-";

  static final int LENGTH = 3;

  private static final int PRIME = 16381;
  private static final int ROOT = 11;

  private Check() {}

  /** Yields the check word of {@code body}, whose characters are all in {@link #ALPHABET}. */
  static String of(String body) {
    int weight = 1;
    int sum = 0;
    for (int i = 0; i < body.length(); i++) {
      weight = weight * ROOT % PRIME;
      sum = (sum + weight * (ALPHABET.indexOf(body.charAt(i)) + 1)) % PRIME;
    }
    return Crockford.encode((body.length() & 1L) << 14 | sum, LENGTH);
  }
}
