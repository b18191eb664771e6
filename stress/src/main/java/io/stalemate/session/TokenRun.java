package io.stalemate.session;

import io.stalemate.scenario.Scenario;
import io.stalemate.scenario.file.Catalogue;
import io.stalemate.scenario.input.Refused;
import io.stalemate.scenario.token.Deviation;
import io.stalemate.scenario.token.Model;
import io.stalemate.scenario.token.ScheduleToken;
import io.stalemate.scenario.token.SeedToken;
import io.stalemate.scenario.token.Token;
import io.stalemate.strategy.Replay;
import io.stalemate.strategy.Schedule;
import io.stalemate.strategy.Strategy;
import java.util.List;
import java.util.Optional;

/** The run that a token names. */
public record TokenRun(Case subject, Token token) {

  /**
   * Yields the run of a token.
   *
   * @param file the scenario, if the token is of a scenario file
   * @param drift whether a token of another model is tried all the same
   * @throws Refused if it is no token, of another model, or of no case that there is
   */
  public static TokenRun of(String text, Optional<Scenario> file, boolean drift) {
    Token token = Token.parse(text);
    if (!drift) {
      Model.builtIn().check(token);
    }
    return new TokenRun(Case.of(token, new Catalogue(), file), token);
  }

  /** Yields the strategy that takes {@code runner} through it. */
  public Strategy strategy(Runner runner) {
    return switch (token) {
      case SeedToken seeded -> Strategies.of(seeded.strategy(), runner.stepsExpected());
      case ScheduleToken scheduled -> new Replay(schedule(scheduled.deviations()));
    };
  }

  /** Yields the seed of the run. */
  public long seed() {
    return token instanceof SeedToken seeded ? seeded.seed() : 0;
  }

  private static Schedule schedule(List<Deviation> deviations) {
    return new Schedule(deviations.stream().mapToInt(Deviation::step).toArray(),
        deviations.stream().mapToInt(Deviation::task).toArray());
  }
}
