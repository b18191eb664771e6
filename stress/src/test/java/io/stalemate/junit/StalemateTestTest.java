package io.stalemate.junit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.platform.engine.discovery.DiscoverySelectors.selectMethod;

import io.stalemate.session.Verdict;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.platform.engine.TestExecutionResult;
import org.junit.platform.launcher.LauncherDiscoveryRequest;
import org.junit.platform.launcher.TestExecutionListener;
import org.junit.platform.launcher.TestIdentifier;
import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder;
import org.junit.platform.launcher.core.LauncherFactory;

/**
 * What JUnit reports of {@code @StalemateTest} methods. Their tokens are of no model that there is, so that they need
 * not be written anew with each change of behaviour, and allow for that.
 */
class StalemateTestTest {

  private static final String CLEAN = "sx1.yardstick.0000000.0cg0.3xy";
  private static final String CLEAN_SEED = "sm1.yardstick.pct3.000000000001a.0000000.3va";
  private static final String RACE = "sx1.yardstick,race=no-retry-check.0000000.0cg0.0w0";
  /** Its second switch is at step 3000, when every run is long over. */
  private static final String TOO_LONG = "sx1.yardstick.0000000.0krfc0g.kgz";
  private static final String OF_FILE = "sx1.one-fault,f=688a7489dd,race=no-retry-check.0000000.0400.w3s";

  /** Not a test class by itself: its methods are run one by one, by name. */
  static final class Samples {

    @StalemateTest(value = {CLEAN, CLEAN_SEED}, allowModelDrift = true)
    void clean() {}

    @StalemateTest(value = RACE, allowModelDrift = true)
    void found() {}

    @StalemateTest(value = RACE, expect = StalemateTest.Expect.FINDING, oracle = "stale-translation",
        allowModelDrift = true)
    void expected(Replayed replayed) {
      assertThat(replayed.verdict()).isEqualTo(Verdict.FINDING);
      assertThat(replayed.findings().getFirst().oracle()).isEqualTo("stale-translation");
      assertThat(replayed.traceHash()).hasSize(16);
      assertThat(replayed.token()).isEqualTo(RACE);
    }

    @StalemateTest(value = CLEAN, allowModelDrift = true)
    void takesWhatHappened(Replayed replayed) {
      assertThat(replayed.outcome()).isEqualTo("some faults retried");
    }

    @StalemateTest(value = RACE, expect = StalemateTest.Expect.FINDING, oracle = "lockdep", allowModelDrift = true)
    void foundByAnother() {}

    @StalemateTest(value = CLEAN, expect = StalemateTest.Expect.FINDING, allowModelDrift = true)
    void expectedInVain() {}

    @StalemateTest(CLEAN)
    void ofAnotherModel() {}

    @StalemateTest("sx1.yardstick.0000000.0cg0.3xx")
    void damaged() {}

    @StalemateTest(value = TOO_LONG, allowModelDrift = true)
    void notFollowed() {}

    @StalemateTest(value = OF_FILE, file = "one-fault.scenario.conf", expect = StalemateTest.Expect.FINDING,
        allowModelDrift = true)
    void ofAFile() {}

    @StalemateTest(value = OF_FILE, allowModelDrift = true)
    void withoutItsFile() {}

    @StalemateTest(value = OF_FILE, file = "no-such.scenario.conf", allowModelDrift = true)
    void withAFileThatIsNotThere() {}

    @StalemateTest(value = RACE, expect = StalemateTest.Expect.FINDING, oracle = "kasan", allowModelDrift = true)
    void ofNoOracle() {}

    @StalemateTest({})
    void withoutTokens() {}

    @StalemateTest(value = CLEAN, oracle = "lockdep", allowModelDrift = true)
    void contradictory() {}
  }

  /** Yields the failures of the tests that a method of {@link Samples} makes, by display name. */
  private static Map<String, Optional<Throwable>> run(String method, Class<?>... parameters) {
    LauncherDiscoveryRequest request = LauncherDiscoveryRequestBuilder.request()
        .selectors(selectMethod(Samples.class, method, parameters)).build();
    Map<String, Optional<Throwable>> results = new LinkedHashMap<>();
    LauncherFactory.create().execute(request, new TestExecutionListener() {
      @Override
      public void executionFinished(TestIdentifier test, TestExecutionResult result) {
        if (test.isTest() || result.getThrowable().isPresent()) {
          results.put(test.getDisplayName(), result.getThrowable());
        }
      }
    });
    return results;
  }

  private static String onlyFailure(String method) {
    Map<String, Optional<Throwable>> results = run(method);
    assertThat(results).hasSize(1);
    return results.values().iterator().next().orElseThrow().getMessage();
  }

  @Test
  void eachTokenIsATestOfItsOwn() {
    Map<String, Optional<Throwable>> results = run("clean");
    assertThat(List.copyOf(results.keySet())).isEqualTo(List.of(CLEAN, CLEAN_SEED));
    assertThat(results.values()).allMatch(Optional::isEmpty);
  }

  @Test
  void aFindingThatNobodyExpectsFailsWithItsSplat() {
    assertThat(onlyFailure("found"))
        .contains("BUG: stalemate: stale-translation in user_mem_abort", "stalemate replay sx1.yardstick,race=");
  }

  @Test
  void theBodyMayTakeWhatHappened() {
    assertThat(run("expected", Replayed.class)).isEqualTo(Map.of(RACE, Optional.empty()));
    assertThat(run("takesWhatHappened", Replayed.class)).isEqualTo(Map.of(CLEAN, Optional.empty()));
  }

  @Test
  void anExpectedFindingIsOfTheOracleAskedFor() {
    assertThat(onlyFailure("foundByAnother"))
        .startsWith("expected a finding of oracle lockdep, found:").contains("BUG: stalemate: stale-translation");
  }

  @Test
  void anExpectedFindingThatDoesNotShowFails() {
    assertThat(onlyFailure("expectedInVain")).startsWith("expected a finding: nothing was found in ");
  }

  @Test
  void aTokenOfAnotherModelFailsWithTheLineThatSaysWhatToDo() {
    assertThat(onlyFailure("ofAnotherModel"))
        .startsWith("token of model 0000000; this is model ").contains("replay with the release")
        .contains("allowModelDrift = true");
  }

  @Test
  void aDamagedTokenFailsWithTheLineThatSaysWhatToDo() {
    assertThat(onlyFailure("damaged")).contains("does not match its check word; copy it again");
  }

  @Test
  void aScheduleThatCannotBeFollowedIsNondeterminism() {
    assertThat(onlyFailure("notFollowed"))
        .startsWith("NONDETERMINISM: " + TOO_LONG).contains("switches of the schedule could not be followed");
  }

  @Test
  void aTokenOfAFileNeedsTheFile() {
    assertThat(run("ofAFile")).isEqualTo(Map.of(OF_FILE, Optional.empty()));
    assertThat(onlyFailure("withoutItsFile")).contains("the token is of scenario file one-fault")
        .contains("file = ");
    assertThat(onlyFailure("withAFileThatIsNotThere")).isEqualTo(
        "file = 'no-such.scenario.conf': there is no such resource on the tests' class path, and no such file in "
            + Path.of("").toAbsolutePath());
  }

  @Test
  void anOracleThatThereIsNotIsRefused() {
    assertThat(onlyFailure("ofNoOracle"))
        .startsWith("@StalemateTest with unknown oracle 'kasan'; allowed: ").contains("stale-translation", "outcome");
  }

  @Test
  void whatContradictsItselfIsRefused() {
    assertThat(onlyFailure("withoutTokens")).isEqualTo("@StalemateTest without a token");
    assertThat(onlyFailure("contradictory")).contains("add expect = FINDING");
  }
}
