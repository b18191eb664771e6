package io.stalemate.scenario.token;

import io.stalemate.scenario.input.Refused;
import java.io.ByteArrayOutputStream;

/** Crockford's base 32 in lower case, strictly: one text for one value, no letters that read like digits. */
final class Crockford {

  /** Characters of a 64-bit number. */
  static final int SEED_LENGTH = 13;

  private static final String DIGITS = "0123456789abcdefghjkmnpqrstvwxyz";

  private Crockford() {}

  /** Yields the lowest {@code 5 * length} bits of {@code value}, most significant first. */
  static String encode(long value, int length) {
    char[] text = new char[length];
    long rest = value;
    for (int i = length - 1; i >= 0; i--) {
      text[i] = DIGITS.charAt((int) (rest & 31));
      rest >>>= 5;
    }
    return new String(text);
  }

  /** Yields the 64-bit number that {@code text} of 13 characters says. */
  static long seed(String text) {
    if (text.length() != SEED_LENGTH || digit(text.charAt(0)) > 15) {
      throw Refused.input("seed '" + text + "'; " + SEED_LENGTH + " base-32 characters, the first up to f, are due");
    }
    long value = 0;
    for (int i = 0; i < SEED_LENGTH; i++) {
      value = value << 5 | digit(text.charAt(i));
    }
    return value;
  }

  /** Yields the bytes, most significant bit first, filled with zero bits to a whole character. */
  static String encode(byte[] bytes) {
    StringBuilder text = new StringBuilder((bytes.length * 8 + 4) / 5);
    int bits = 0;
    int held = 0;
    for (byte each : bytes) {
      held = ((held << 8) | (each & 0xFF)) & 0xFFF;
      bits += 8;
      while (bits >= 5) {
        bits -= 5;
        text.append(DIGITS.charAt(held >>> bits & 31));
      }
    }
    if (bits > 0) {
      text.append(DIGITS.charAt((held << (5 - bits)) & 31));
    }
    return text.toString();
  }

  /** Yields the bytes of {@code text}; refuses a text that {@link #encode(byte[])} would not have written. */
  static byte[] bytes(String text) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    int bits = 0;
    int held = 0;
    for (int i = 0; i < text.length(); i++) {
      held = (held << 5 | digit(text.charAt(i))) & 0xFFF;
      bits += 5;
      if (bits >= 8) {
        bits -= 8;
        bytes.write(held >>> bits & 0xFF);
      }
    }
    if (bits >= 5 || (held & (1 << bits) - 1) != 0) {
      throw Refused.input("schedule '" + text + "'; it is cut off or not written by this program");
    }
    return bytes.toByteArray();
  }

  private static int digit(char c) {
    int digit = DIGITS.indexOf(c);
    if (digit < 0) {
      throw Refused.input("'" + c + "' in a base-32 part; " + DIGITS + " are allowed");
    }
    return digit;
  }
}
