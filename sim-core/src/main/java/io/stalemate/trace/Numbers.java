package io.stalemate.trace;

/** Numbers as traces print them: {@code 0x} and hexadecimal for unsigned 64 bits, else signed decimal. */
final class Numbers {

  /** Values up to here are counts and print in decimal; above are frame numbers, entries, addresses. */
  private static final long COUNT_MAX = 255;

  private Numbers() {}

  static String hex(long value) {
    return "0x" + Long.toHexString(value);
  }

  /** Whether {@code value} reads like a count: sequence numbers, tokens, errnos. */
  static boolean isCount(long value) {
    return value >= -COUNT_MAX && value <= COUNT_MAX;
  }

  static String byValue(long value) {
    return isCount(value) ? Long.toString(value) : hex(value);
  }

  /** Yields the value of {@code text}. @throws NumberFormatException if it is none */
  static long parse(String text) {
    return text.startsWith("0x") ? parseHex(text.substring(2)) : Long.parseLong(text);
  }

  static long parseHex(String digits) {
    return Long.parseUnsignedLong(digits, 16);
  }
}
