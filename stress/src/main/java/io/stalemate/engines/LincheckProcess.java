package io.stalemate.engines;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** Lincheck in a process of its own, which runs {@link LincheckServer} and stands still between turns. */
public final class LincheckProcess implements Engine {

  /** How long it may take beyond its turn: to start and find the mutant, or to end an execution. */
  private static final long PATIENCE_SECONDS = 120;

  private final String name;
  private final Process process;
  private final BufferedReader lines;
  private String lastLine = "";

  /**
   * Starts {@code command}, which has to end up in {@link LincheckServer#serve}.
   *
   * @param name as reports have it
   * @throws EngineFailure (environment) if there is no starting it
   */
  public LincheckProcess(String name, List<String> command) {
    this.name = name;
    try {
      this.process = new ProcessBuilder(command).redirectErrorStream(true).start();
    } catch (IOException e) {
      throw new EngineFailure(EngineFailure.Reason.ENVIRONMENT, name + " cannot be started: " + e.getMessage());
    }
    this.lines = process.inputReader(StandardCharsets.UTF_8);
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public Turn turn(long nanos) {
    CompletableFuture<Optional<TurnProtocol.Answer>> reply = CompletableFuture.supplyAsync(() -> reply(nanos));
    try {
      Optional<TurnProtocol.Answer> answer =
          reply.get(TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS) + nanos, TimeUnit.NANOSECONDS);
      return switch (answer.orElseThrow(() -> failure(EngineFailure.Reason.ENVIRONMENT,
          "ended without an answer" + (lastLine.isEmpty() ? "" : "; its last line: " + lastLine)))) {
        case TurnProtocol.Done done -> done.turn();
        case TurnProtocol.Failed failed -> throw failure(failed.reason(), failed.line());
      };
    } catch (TimeoutException e) {
      process.destroyForcibly();
      throw failure(EngineFailure.Reason.ENVIRONMENT, "has not answered for " + PATIENCE_SECONDS + " s");
    } catch (InterruptedException e) {
      process.destroyForcibly();
      throw new IllegalStateException("interrupted while measuring", e);
    } catch (ExecutionException e) {
      throw new IllegalStateException(e);
    }
  }

  private EngineFailure failure(EngineFailure.Reason reason, String line) {
    return new EngineFailure(reason, name + " " + line);
  }

  private Optional<TurnProtocol.Answer> reply(long nanos) {
    try {
      OutputStream out = process.getOutputStream();
      out.write(TurnProtocol.ask(nanos).getBytes(StandardCharsets.US_ASCII));
      out.flush();
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        Optional<TurnProtocol.Answer> answer = TurnProtocol.answer(line);
        if (answer.isPresent()) {
          return answer;
        }
        lastLine = line.isBlank() ? lastLine : line;
      }
      return Optional.empty();
    } catch (IOException e) {
      return Optional.empty();
    }
  }

  /** Ends the process. */
  @Override
  public void close() {
    process.destroyForcibly();
  }
}
