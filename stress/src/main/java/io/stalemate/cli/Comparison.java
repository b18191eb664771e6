package io.stalemate.cli;

import io.stalemate.scenario.Kernel;
import io.stalemate.scenario.Scenario;
import io.stalemate.scenario.SystemUnderTest;
import io.stalemate.scenario.token.Model;
import io.stalemate.scenario.token.SeedToken;
import io.stalemate.session.Case;
import io.stalemate.session.Session;
import io.stalemate.session.Verdict;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** What one scenario came to on several kernels, under one strategy and seed: a column a kernel, a row an outcome. */
final class Comparison {

  private final List<Session.Plan> plans;
  private final Model model;
  private final List<Session.Result> results = new ArrayList<>();

  /** Of sessions that differ in nothing but the kernel, of which none has been run. */
  Comparison(List<Session.Plan> plans, Model model) {
    this.plans = List.copyOf(plans);
    this.model = model;
  }

  /** Takes in what came of the next session. */
  void add(Session.Result result) {
    results.add(result);
  }

  /** One outcome: in how many runs it came up, a number a kernel; the index is that of {@link Scenario#outcome}. */
  record Row(int outcome, List<Long> counts) {

    /** Whether it came up on some kernels and not on others. */
    boolean differs() {
      return counts.contains(0L);
    }
  }

  /** A run with outcome {@code outcome} on {@code kernel}. */
  record Example(int outcome, Kernel kernel, String token) {}

  Scenario scenario() {
    return plans.getFirst().subject().scenario();
  }

  Model model() {
    return model;
  }

  /** The plan of the first session; others differ in the kernel. */
  Session.Plan plan() {
    return plans.getFirst();
  }

  /** The kernels whose sessions were run, in order. */
  List<Kernel> kernels() {
    return plans.stream().limit(results.size()).map(plan -> plan.subject().kernel()).toList();
  }

  /** What came of each of them. */
  List<Session.Result> results() {
    return results;
  }

  /** Yields the outcomes that came up, in the order of the scenario's table. */
  List<Row> rows() {
    List<Row> rows = new ArrayList<>();
    for (int outcome = 0; outcome <= scenario().outcomes().size(); outcome++) {
      int index = outcome;
      List<Long> counts = results.stream().map(result -> result.tally().outcome(index)).toList();
      if (counts.stream().anyMatch(count -> count > 0)) {
        rows.add(new Row(outcome, counts));
      }
    }
    return rows;
  }

  /** Yields a run of each outcome that is not on every kernel, one for each system that has it. */
  List<Example> examples() {
    List<Example> examples = new ArrayList<>();
    for (Row row : rows()) {
      List<SystemUnderTest> shown = new ArrayList<>();
      for (int i = 0; row.differs() && i < results.size(); i++) {
        Kernel kernel = kernels().get(i);
        Optional<Long> seed = RunReport.example(plans.get(i), results.get(i).tally(), row.outcome());
        if (seed.isPresent() && !shown.contains(kernel.system())) {
          shown.add(kernel.system());
          examples.add(new Example(row.outcome(), kernel, token(i, seed.get())));
        }
      }
    }
    return examples;
  }

  /** Yields the token of the run of {@code seed} on kernel {@code index}. */
  String token(int index, long seed) {
    Case subject = plans.get(index).subject();
    return new SeedToken(scenario().name(), subject.overrides(), plan().strategy(), seed, model.id()).text();
  }

  Verdict verdict() {
    if (results.stream().anyMatch(result -> result.differed().isPresent())) {
      return Verdict.NONDETERMINISM;
    }
    return results.stream().allMatch(result -> result.found().isEmpty()) ? Verdict.PASS : Verdict.FINDING;
  }
}
