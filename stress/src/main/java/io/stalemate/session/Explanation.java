package io.stalemate.session;

import io.stalemate.oracle.Evidence;
import io.stalemate.oracle.Finding;
import io.stalemate.scenario.token.Deviation;
import io.stalemate.scenario.token.Model;
import io.stalemate.scenario.token.ScheduleToken;
import io.stalemate.scenario.token.Token;
import io.stalemate.strategy.Recording;
import io.stalemate.strategy.Replay;
import io.stalemate.strategy.Schedule;
import io.stalemate.strategy.Strategy;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A run that found something, made fit to be read: its schedule without needless switches. The runner's trace is that
 * of the shortened run.
 *
 * @param findings of the shortened run, worst first; empty if the run found nothing
 * @param recording of the shortened run: its schedule, and what else could have run at each step
 * @param switchesBefore number of deviations of the schedule as found
 * @param replaced whether the schedule is another one with the same finding, and not what is left of that as found
 * @param stacks kernel functions of the events that led to the first finding, innermost first
 * @param traceHash of the shortened run
 */
public record Explanation(
    List<Finding> findings,
    Recording recording,
    int switchesBefore,
    boolean replaced,
    Map<Integer, List<String>> stacks,
    long traceHash) {

  /** A schedule with more switches than these is hard to read. */
  private static final int READABLE = 4;

  /**
   * Runs {@code strategy} on {@code seed} again and shortens what it finds. If that leaves much, a shorter schedule of
   * the same oracle and signature takes its place. The same case, strategy and seed always yield the same.
   */
  public static Explanation shortened(Runner runner, Strategy strategy, long seed) {
    Recording found = new Recording(strategy);
    runner.run(found, seed);
    Schedule schedule = found.schedule();
    if (!runner.isFinding()) {
      return of(runner, new Replay(schedule), schedule.size(), false);
    }
    Signature signature = Signature.of(runner.findings().getFirst(), runner.trace());
    Schedule rest = Shrink.of(runner, signature, schedule);
    Optional<Schedule> other = rest.size() <= READABLE ? Optional.empty()
        : new OtherSchedules(runner, signature, seed).shorterThan(rest.size())
            .map(shorter -> Shrink.of(runner, signature, shorter));
    return of(runner, new Replay(other.orElse(rest)), schedule.size(), other.isPresent());
  }

  /** Runs {@code strategy} on seed 0 and explains it as it is. */
  public static Explanation asIs(Runner runner, Strategy strategy, long seed) {
    Recording recording = new Recording(strategy);
    runner.run(recording, seed);
    return of(runner, new Replay(recording.schedule()), recording.schedule().size(), false);
  }

  private static Explanation of(Runner runner, Strategy strategy, int switchesBefore, boolean replaced) {
    Recording recording = new Recording(strategy);
    runner.run(recording, 0);
    List<Integer> events = new ArrayList<>();
    if (runner.isFinding()) {
      for (Evidence evidence : runner.findings().getFirst().evidence()) {
        events.add(evidence.event());
      }
    }
    StackProbe probe = new StackProbe(events);
    runner.run(recording, 0, probe);
    List<Finding> findings = runner.isFinding() ? runner.findings() : List.of();
    return new Explanation(findings, recording, switchesBefore, replaced, probe.stacks(), runner.trace().hash());
  }

  /**
   * Runs it once more and yields the kernel functions that led to each of {@code events}, innermost first. The runner's
   * trace is that of the explained run again.
   */
  public Map<Integer, List<Frame>> frames(Runner runner, List<Integer> events) {
    StackProbe probe = new StackProbe(events);
    runner.run(recording, 0, probe);
    return probe.frames();
  }

  /** Whether the schedule is another one than was found. */
  public boolean isShortened() {
    return replaced || switchesBefore != recording.schedule().size();
  }

  /** Yields how much shorter it has become: {@code 57 switches shortened to 2}. */
  public String shortening() {
    int switches = recording.schedule().size();
    String text = switches + (switches == 1 ? " switch" : " switches");
    if (replaced) {
      return switchesBefore + " switches; a shorter schedule with " + text + " shows the same";
    }
    return switchesBefore == switches ? text : switchesBefore + " switches shortened to " + switches;
  }

  /** Yields the token of the shortened schedule; empty if it would be too long for one. */
  public Optional<Token> token(Case subject, Model model) {
    Schedule schedule = recording.schedule();
    List<Deviation> deviations = new ArrayList<>();
    for (int i = 0; i < schedule.size(); i++) {
      deviations.add(new Deviation(schedule.steps()[i], schedule.tasks()[i]));
    }
    return ScheduleToken.of(subject.scenario().name(), subject.overrides(), model.id(), deviations)
        .map(token -> (Token) token);
  }
}
