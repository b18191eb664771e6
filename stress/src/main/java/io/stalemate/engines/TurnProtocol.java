package io.stalemate.engines;

import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.Optional;

/**
 * What the two sides of a Lincheck process say to each other, a line at a time: asked for a turn of so many
 * nanoseconds, the process answers with what it did. Its lines begin with a mark; whatever else the JVM or Lincheck
 * print is passed over.
 */
final class TurnProtocol {

  private static final String MARK = "engine\t";
  private static final String TURN = MARK + "turn\t";
  private static final String WRONG = MARK + "wrong\t";
  private static final String FAULT = MARK + "fault\t";

  private final InputStream in;
  private final PrintStream out;

  /** The process's side. */
  TurnProtocol(InputStream in, PrintStream out) {
    this.in = in;
    this.out = out;
  }

  /** Nobody asks for turns any more. */
  static final class Ended extends RuntimeException {

    private static final long serialVersionUID = 1L;

    Ended() {
      super("no further turns", null, false, false);
    }
  }

  /** What a process answers. */
  sealed interface Answer {}

  /** It had a turn. */
  record Done(Engine.Turn turn) implements Answer {}

  /** It cannot go on. */
  record Failed(EngineFailure.Reason reason, String line) implements Answer {}

  /** Yields what asks for a turn. */
  static String ask(long nanos) {
    return nanos + "\n";
  }

  /**
   * Waits for the next turn; yields its nanoseconds.
   *
   * @throws Ended if the other side has gone
   */
  long awaitTurn() {
    StringBuilder line = new StringBuilder();
    try {
      int next = in.read();
      while (next != '\n') {
        if (next < 0) {
          throw new Ended();
        }
        line.append((char) next);
        next = in.read();
      }
    } catch (IOException e) {
      throw new Ended();
    }
    return Long.parseLong(line.toString());
  }

  /** Answers that a turn is over. */
  void tell(Engine.Turn turn) {
    say(TURN + turn.executions() + "\t" + turn.nanos() + "\t" + turn.cpuNanos());
  }

  /** Answers that there will be no turns. */
  void tell(EngineFailure.Reason reason, String line) {
    String oneLine = line.strip().lines().findFirst().orElse("");
    say((reason == EngineFailure.Reason.FINDING ? WRONG : FAULT) + oneLine);
  }

  private void say(String line) {
    byte[] bytes = (line + "\n").getBytes(StandardCharsets.UTF_8);
    out.write(bytes, 0, bytes.length);
    out.flush();
  }

  /** Yields the answer in a line that a process printed, if there is one in it. */
  static Optional<Answer> answer(String line) {
    if (line.startsWith(TURN)) {
      String[] fields = line.substring(TURN.length()).split("\t", -1);
      return Optional.of(new Done(new Engine.Turn(
          Long.parseLong(fields[0]), Long.parseLong(fields[1]), Long.parseLong(fields[2]))));
    }
    if (line.startsWith(WRONG)) {
      return Optional.of(new Failed(EngineFailure.Reason.FINDING, line.substring(WRONG.length())));
    }
    return line.startsWith(FAULT)
        ? Optional.of(new Failed(EngineFailure.Reason.ENVIRONMENT, line.substring(FAULT.length())))
        : Optional.empty();
  }
}
