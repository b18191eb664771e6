package io.stalemate.cli;

import java.io.IOException;
import java.io.OutputStream;
import org.jspecify.annotations.Nullable;

/** Remembers that results could not be written: writers keep such failures to themselves. */
final class Stdout extends OutputStream {

  /** What Linux calls a reader that has gone, {@code head} for example. */
  private static final String READER_GONE = "Broken pipe";

  private final OutputStream inner;
  private @Nullable IOException failure;

  /** Writes to {@code inner}. */
  Stdout(OutputStream inner) {
    this.inner = inner;
  }

  @Override
  public void write(int single) throws IOException {
    write(new byte[] {(byte) single}, 0, 1);
  }

  @Override
  public void write(byte[] bytes, int from, int length) throws IOException {
    try {
      inner.write(bytes, from, length);
    } catch (IOException e) {
      failure = failure == null ? e : failure;
      throw e;
    }
  }

  @Override
  public void flush() throws IOException {
    try {
      inner.flush();
    } catch (IOException e) {
      failure = failure == null ? e : failure;
      throw e;
    }
  }

  /** Whether results are lost; a reader that went away before the end has lost nothing it wanted. */
  boolean isLost() {
    return failure != null && !READER_GONE.equals(failure.getMessage());
  }

  /** Why, in the system's words. */
  String why() {
    return failure == null ? "" : String.valueOf(failure.getMessage());
  }
}
