package io.stalemate.cli;

import io.stalemate.oracle.Finding;
import io.stalemate.report.Colour;
import io.stalemate.report.Columns;
import io.stalemate.report.Screen;
import io.stalemate.report.Splat;
import io.stalemate.session.Explanation;
import io.stalemate.session.Runner;
import io.stalemate.trace.TraceLines;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Draws an explained run for this terminal. The runner still holds its trace. */
final class Drawing {

  private final Explanation explanation;
  private final TraceLines lines;
  private final Screen screen;

  Drawing(GlobalOptions global, Runner runner, Explanation explanation) {
    this.explanation = explanation;
    this.lines = new TraceLines(runner.trace());
    this.screen = new Screen(Screen.WIDTH, global.ascii(), new Colour(global.colour()));
  }

  /** Yields the splat of the worst finding. {@code handles} are what to type or copy, by label. */
  String splat(String found, Map<String, String> handles) {
    List<Finding> findings = explanation.findings();
    return new Splat(lines, findings.getFirst(), findings.subList(1, findings.size()), explanation.stacks(),
        explanation.recording().schedule(), found, new LinkedHashMap<>(handles)).render(screen);
  }

  /** Yields the interleaving. */
  String columns(boolean wide, String footer) {
    return new Columns(lines, explanation.findings(), explanation.recording()::offered,
        explanation.recording().steps(), explanation.recording().schedule(), screen, wide).render(footer);
  }
}
