package io.stalemate.scenario;

/** An action, done {@code times} times in a row (1 to {@link Limits#TIMES}). */
public record Repeated(Action action, int times) {
  public Repeated {
    Limits.check("times", times, 1, Limits.TIMES);
  }
}
