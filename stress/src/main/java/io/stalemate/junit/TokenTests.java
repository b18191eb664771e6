package io.stalemate.junit;

import io.stalemate.oracle.Oracles;
import io.stalemate.scenario.Scenario;
import io.stalemate.scenario.file.ScenarioFile;
import io.stalemate.scenario.input.Nearest;
import io.stalemate.scenario.input.Refused;
import io.stalemate.scenario.input.Safe;
import io.stalemate.session.Verdict;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.extension.BeforeTestExecutionCallback;
import org.junit.jupiter.api.extension.Extension;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ExtensionContext.Namespace;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolver;
import org.junit.jupiter.api.extension.TestTemplateInvocationContext;
import org.junit.jupiter.api.extension.TestTemplateInvocationContextProvider;
import org.junit.platform.commons.support.AnnotationSupport;

/** Makes a test of each token of {@link StalemateTest}. */
final class TokenTests implements TestTemplateInvocationContextProvider {

  private static final Namespace NAMESPACE = Namespace.create(TokenTests.class);

  /** Created by JUnit. */
  TokenTests() {}

  @Override
  public boolean supportsTestTemplate(ExtensionContext context) {
    return asked(context).isPresent();
  }

  @Override
  public Stream<TestTemplateInvocationContext> provideTestTemplateInvocationContexts(ExtensionContext context) {
    StalemateTest asked = asked(context).orElseThrow();
    if (asked.value().length == 0) {
      throw new AssertionError("@StalemateTest without a token");
    }
    if (asked.expect() == StalemateTest.Expect.PASS && !asked.oracle().isEmpty()) {
      throw new AssertionError("@StalemateTest with oracle = " + Safe.quote(asked.oracle()) + " expects no finding; "
          + "add expect = FINDING");
    }
    checkOracle(asked.oracle());
    return Arrays.stream(asked.value()).map(token -> new TokenTest(token.strip(), asked));
  }

  /** The oracles, and what stands for one when the scenario's outcome table forbids what happened. */
  private static void checkOracle(String name) {
    List<String> names = new ArrayList<>(Oracles.names());
    names.add("outcome");
    if (!name.isEmpty() && !names.contains(name)) {
      throw new AssertionError("@StalemateTest with unknown oracle " + Safe.quote(name) + "; "
          + Nearest.hint(name, names));
    }
  }

  private static Optional<StalemateTest> asked(ExtensionContext context) {
    return context.getTestMethod().flatMap(method ->
        AnnotationSupport.findAnnotation(method, StalemateTest.class));
  }

  /** One test, which is named by its token. */
  private record TokenTest(String token, StalemateTest asked) implements TestTemplateInvocationContext {

    @Override
    public String getDisplayName(int invocation) {
      return token;
    }

    @Override
    public List<Extension> getAdditionalExtensions() {
      return List.of(new Judge(token, asked));
    }
  }

  /** Replays a token before the test's body, which may ask for what happened. */
  private static final class Judge implements BeforeTestExecutionCallback, ParameterResolver {

    private final String token;
    private final StalemateTest asked;
    private Optional<Replayed> replayed = Optional.empty();

    Judge(String token, StalemateTest asked) {
      this.token = token;
      this.asked = asked;
    }

    @Override
    public void beforeTestExecution(ExtensionContext context) {
      if (!TokenReplay.isPossible()) {
        throw new AssertionError("tasks cannot be simulated in this JVM; start the tests with " + TokenReplay.EXPORT
            + " (argLine of Maven's Surefire, jvmArgs of Gradle's test task)");
      }
      Replayed now = replay(context);
      boolean expectsFinding = asked.expect() == StalemateTest.Expect.FINDING;
      if ((now.verdict() == Verdict.FINDING) != expectsFinding) {
        throw new AssertionError((expectsFinding ? "expected a finding: " : "found:\n\n") + now.report());
      }
      if (!asked.oracle().isEmpty() && !now.findings().getFirst().oracle().equals(asked.oracle())) {
        throw new AssertionError("expected a finding of oracle " + Safe.print(asked.oracle()) + ", found:\n\n"
            + now.report());
      }
      replayed = Optional.of(now);
    }

    private Replayed replay(ExtensionContext context) {
      try {
        return context.getRoot().getStore(NAMESPACE).computeIfAbsent(TokenReplay.class, key -> new TokenReplay(),
            TokenReplay.class).replay(token, file(context), asked.allowModelDrift());
      } catch (Refused refused) {
        throw new AssertionError(refused.getMessage() + remedy(refused));
      }
    }

    /** What a test can do besides: refusals speak of the command line. */
    private String remedy(Refused refused) {
      if (refused.reason() == Refused.Reason.MODEL && !asked.allowModelDrift()) {
        return ". In a test: find the schedule again and paste the new token, or try this one with "
            + "allowModelDrift = true";
      }
      return asked.file().isEmpty() && refused.getMessage().contains("--file") ? ". In a test: file = \"FILE\"" : "";
    }

    private Optional<Scenario> file(ExtensionContext context) {
      String name = asked.file();
      if (name.isEmpty()) {
        return Optional.empty();
      }
      String resource = name.startsWith("/") ? name : "/" + name;
      try (InputStream in = context.getRequiredTestClass().getResourceAsStream(resource)) {
        if (in != null) {
          return Optional.of(ScenarioFile.parse(Safe.print(name), in.readNBytes(ScenarioFile.BYTES_MAX + 1)));
        }
        Path path = Path.of(name);
        if (!Files.isRegularFile(path)) {
          throw new AssertionError("file = " + Safe.quote(name) + ": there is no such resource on the tests' class "
              + "path, and no such file in " + Safe.print(Path.of("").toAbsolutePath().toString()));
        }
        return Optional.of(ScenarioFile.read(path));
      } catch (IOException | InvalidPathException e) {
        throw new AssertionError("file = " + Safe.quote(name) + ": cannot be read");
      }
    }

    @Override
    public boolean supportsParameter(ParameterContext parameter, ExtensionContext context) {
      return parameter.getParameter().getType() == Replayed.class;
    }

    @Override
    public Object resolveParameter(ParameterContext parameter, ExtensionContext context) {
      return replayed.orElseThrow(() -> new AssertionError(
          "a Replayed is known when the test's body begins; take it there"));
    }
  }
}
