package io.stalemate.check.format;

import java.nio.charset.StandardCharsets;

/**
 * A text that never becomes longer than a number of bytes: a piece that does not fit is left out whole, and so is all
 * that comes after it, so that no row stands without its table.
 */
final class Capped {

  private final StringBuilder text = new StringBuilder();
  private final int bytesMax;
  private int bytes;
  private int leftOut;

  /** Room for {@code bytesMax} bytes of UTF-8. */
  Capped(int bytesMax) {
    this.bytesMax = bytesMax;
  }

  /** Adds {@code piece} if it fits into what is left. */
  void add(String piece) {
    int length = piece.getBytes(StandardCharsets.UTF_8).length;
    boolean fits = leftOut == 0 && length <= bytesMax - bytes;
    if (fits) {
      text.append(piece);
      bytes += length;
    } else {
      leftOut++;
    }
  }

  /** Number of pieces left out. */
  int leftOut() {
    return leftOut;
  }

  /** What fitted. */
  String text() {
    return text.toString();
  }
}
