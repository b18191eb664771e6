package io.stalemate.check;

import io.stalemate.check.FoundRace.Place;
import io.stalemate.oracle.Evidence;
import io.stalemate.oracle.Finding;
import io.stalemate.report.Colour;
import io.stalemate.report.Screen;
import io.stalemate.report.Splat;
import io.stalemate.scenario.token.Model;
import io.stalemate.scenario.token.Token;
import io.stalemate.session.Explanation;
import io.stalemate.session.Frame;
import io.stalemate.session.Runner;
import io.stalemate.session.Signature;
import io.stalemate.trace.TraceLines;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Puts together what reports say of an explained run. */
public final class FoundRaces {

  private static final int RACING = 2;

  private FoundRaces() {}

  /**
   * Yields the worst finding of an explained run, with the schedule and its kernel stacks; runs it once more for them.
   * If that goes another way, the schedule stays empty and the splat says so.
   *
   * @param runner its trace is that of {@code explanation}
   * @param asFoundToken replays the run as it was found; the token of the finding if its schedule is too long for one
   * @param fileOption what a command that takes a token needs besides, with a blank before it; empty for a scenario of
   *     the catalogue
   * @throws IllegalArgumentException if the explained run has no finding
   */
  public static FoundRace of(
      Runner runner, Explanation explanation, Model model, String asFoundToken, String fileOption) {
    if (explanation.findings().isEmpty()) {
      throw new IllegalArgumentException("nothing was found in the run to report");
    }
    Finding finding = explanation.findings().getFirst();
    String signature = Signature.of(finding, runner.trace()).text();
    FoundSteps steps = FoundSteps.of(runner.trace(), finding);
    Map<Integer, List<Frame>> frames = explanation.frames(runner, steps.events());
    boolean same = runner.trace().hash() == explanation.traceHash();
    Map<Integer, List<Frame>> stacks = same ? frames : Map.of();
    String token = explanation.token(runner.subject(), model).map(Token::text).orElse(asFoundToken);
    String replay = "stalemate replay " + token + fileOption;
    Map<String, String> handles = new LinkedHashMap<>();
    handles.put("replay", replay);
    handles.put("show", "stalemate show " + token + fileOption);
    if (!asFoundToken.equals(token)) {
      handles.put("as found", asFoundToken);
    }
    String found = Stream.of(explanation.isShortened() ? explanation.shortening() : "",
        same ? "" : "the run came out differently when repeated").filter(said -> !said.isEmpty())
        .collect(Collectors.joining("; "));
    List<Finding> others = explanation.findings().subList(1, explanation.findings().size());
    TraceLines lines = new TraceLines(runner.trace());
    String splat = new Splat(lines, finding, others, explanation.stacks(), explanation.recording().schedule(), found,
        handles).render(new Screen(Screen.WIDTH, true, new Colour(false)));
    return new FoundRace(finding.oracle(), finding.severity(), finding.what(), finding.rule(), signature, token, replay,
        splat, place(finding, stacks), same ? steps.withStacks(lines, finding, stacks) : List.of(), steps.leftOut());
  }

  /** Yields where the first racing access with a kernel stack was made from. */
  private static Optional<Place> place(Finding finding, Map<Integer, List<Frame>> stacks) {
    for (Evidence evidence : finding.evidence().subList(0, Math.min(RACING, finding.evidence().size()))) {
      List<Frame> stack = stacks.getOrDefault(evidence.event(), List.of());
      Optional<String> telling = Splat.telling(stack.stream().map(Frame::function).toList());
      if (telling.isPresent()) {
        return stack.stream().filter(frame -> frame.function().equals(telling.get())).findFirst()
            .map(frame -> new Place(frame.function(), frame.file()));
      }
    }
    return Optional.empty();
  }
}
