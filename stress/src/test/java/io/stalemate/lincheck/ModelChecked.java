package io.stalemate.lincheck;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.jetbrains.kotlinx.lincheck.Actor;
import org.jetbrains.kotlinx.lincheck.execution.ExecutionScenario;
import org.jetbrains.lincheck.LincheckAssertionError;
import org.jetbrains.lincheck.datastructures.ModelCheckingOptions;
import org.jetbrains.lincheck.datastructures.Options;
import org.jetbrains.lincheck.datastructures.StressOptions;

/**
 * One class given to Lincheck, and how much of it: the only place that knows Lincheck's options, whose names change
 * from release to release.
 *
 * <p>A tested class is public, has a constructor without parameters, keeps its whole state in fields, and bears
 * {@code @Operation} on methods, inherited ones included; a mutant is a subclass that gives its constructor a race.
 * The specification is a public class with the same methods, done at once.
 *
 * <p>With {@link #pinned} Lincheck runs the scenarios given and draws none: known races need few calls, and the time
 * goes into interleavings. Every check looks first whether Lincheck sees at all in this JVM ({@link Canary}).
 */
final class ModelChecked {

  private static final int ACTORS_PER_THREAD = 2;
  /** The threads of drawn scenarios. */
  private static final int THREADS = 2;

  private final Class<?> tested;
  private final Class<?> specification;
  private final List<ExecutionScenario> pinned = new ArrayList<>();
  private int drawn = 10;
  private int executions = 500;
  private int stressExecutions = 50;

  private ModelChecked(Class<?> tested, Class<?> specification) {
    this.tested = tested;
    this.specification = specification;
  }

  /** The check of {@code tested} against the sequential {@code specification}: ten drawn scenarios. */
  static ModelChecked of(Class<?> tested, Class<?> specification) {
    return new ModelChecked(tested, specification);
  }

  /** {@code threads} call in parallel what each names, and nothing is drawn; adds to those pinned before. */
  @SafeVarargs
  final ModelChecked pinned(List<Call>... threads) {
    return pinnedBetween(List.of(), List.of(), threads);
  }

  /** As {@link #pinned}, after the calls of {@code before} and before those of {@code after}, one after the other. */
  @SafeVarargs
  final ModelChecked pinnedBetween(List<Call> before, List<Call> after, List<Call>... threads) {
    List<List<Actor>> parallel = new ArrayList<>();
    for (List<Call> thread : threads) {
      parallel.add(actors(thread));
    }
    pinned.add(new ExecutionScenario(actors(before), parallel, actors(after), null));
    drawn = 0;
    return this;
  }

  /** Draws {@code n} scenarios of two threads with two calls each (short size), besides those pinned. */
  ModelChecked drawn(int n) {
    drawn = n;
    return this;
  }

  /** Makes at most {@code n} executions of each scenario (short size); fewer if there are no more. */
  ModelChecked executions(int n) {
    executions = n;
    return this;
  }

  /** Makes {@code n} executions of each scenario under stress (short size). */
  ModelChecked stressExecutions(int n) {
    stressExecutions = n;
    return this;
  }

  /** Fails with Lincheck's table if model checking finds an execution that the specification does not allow. */
  void assertCorrect() {
    Canary.assertFound();
    Executions.forgetScenarios();
    check("model checking", modelChecking());
    // Lincheck that sees no place to switch at makes one execution of a scenario and is content.
    assertThat(Executions.ofScenarios()).as("executions of each scenario")
        .hasSize(pinned.size() + Size.asked().scenarios(drawn))
        .allMatch(judged -> judged > 1);
  }

  /** Fails likewise if threads of the system's, left to themselves, make such an execution. */
  void assertCorrectUnderStress() {
    Canary.assertFound();
    check("stress", stress());
  }

  /** Fails unless model checking finds such an execution and its table names each of {@code functions}. */
  void assertFinds(String... functions) {
    Canary.assertFound();
    assertThat(table()).contains(functions);
  }

  /** Yields Lincheck's table of an execution that the specification does not allow; fails if there is none. */
  String table() {
    try {
      check("model checking", modelChecking());
    } catch (LincheckAssertionError e) {
      return e.getMessage();
    }
    throw new AssertionError("Lincheck finds nothing in " + tested.getSimpleName());
  }

  private void check(String mode, Options<?, ?> options) {
    long before = Executions.judged();
    long start = System.nanoTime();
    String verdict = "not all correct";
    try {
      options.check(tested);
      verdict = "all correct";
    } finally {
      System.out.printf("Lincheck, %s of %s: %s; %d executions in %.1f s%n",
          mode, tested.getName(), verdict, Executions.judged() - before, (System.nanoTime() - start) / 1e9);
    }
  }

  private Options<?, ?> modelChecking() {
    ModelCheckingOptions options = common(new ModelCheckingOptions(), executions);
    Steps.all().forEach(options::addGuarantee);
    return options;
  }

  private Options<?, ?> stress() {
    return common(new StressOptions(), stressExecutions);
  }

  private <O extends Options<O, ?>> O common(O options, int executions) {
    Size size = Size.asked();
    options
        .iterations(size.scenarios(drawn))
        .invocationsPerIteration(size.executions(executions))
        .threads(THREADS)
        .actorsPerThread(ACTORS_PER_THREAD)
        .actorsBefore(0)
        .actorsAfter(0)
        .minimizeFailedScenario(pinned.isEmpty())
        .sequentialSpecification(specification)
        .verifier(Executions.class);
    for (ExecutionScenario scenario : pinned) {
      options.addCustomScenario(scenario);
    }
    return options;
  }

  private List<Actor> actors(List<Call> calls) {
    return calls.stream().map(call -> call.actor(tested)).toList();
  }
}
