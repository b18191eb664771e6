package io.stalemate.engines;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class EngineBenchTest {

  private static final long TURN = 100;

  private final List<String> order = new ArrayList<>();

  /** An engine that makes {@code perTurn} executions in each turn, a nanosecond late, on half a CPU. */
  private final class Clockwork implements Engine {

    private final String name;
    private final long perTurn;

    Clockwork(String name, long perTurn) {
      this.name = name;
      this.perTurn = perTurn;
    }

    @Override
    public String name() {
      return name;
    }

    @Override
    public Turn turn(long nanos) {
      order.add(name);
      return new Turn(perTurn, nanos + 1, nanos / 2);
    }

    @Override
    public void close() {}
  }

  private static Engine broken() {
    return new LincheckProcess("broken", List.of("/no/such/java"));
  }

  @Test
  void onlyTheLastTenTurnsOfEachCount() {
    List<EngineBench.Row> rows =
        new EngineBench(List.of(new Clockwork("a", 6), new Clockwork("b", 2)), 10 * TURN).measure();
    assertThat(rows).isEqualTo(List.of(
        new EngineBench.Row("a", 60, 10 * (TURN + 1), 10 * TURN / 2),
        new EngineBench.Row("b", 20, 10 * (TURN + 1), 10 * TURN / 2)));
    assertThat(rows.getFirst().times(rows.getLast())).isEqualTo(3);
  }

  @Test
  void enginesTakeTurns() {
    new EngineBench(List.of(new Clockwork("a", 1), new Clockwork("b", 1)), 10 * TURN).measure();
    assertThat(order).hasSize(40);
    for (int i = 0; i < order.size(); i++) {
      assertThat(order.get(i)).isEqualTo(i % 2 == 0 ? "a" : "b");
    }
  }

  @Test
  void rowsSayHowMuchOfACpuTheyHad() {
    assertThat(new EngineBench.Row("a", 1, 200, 50).cpus()).isEqualTo(0.25);
    assertThat(new EngineBench.Row("a", 3, 1_500_000_000, 0).perSecond()).isEqualTo(2);
  }

  @Test
  void aProcessThatCannotBeStartedIsTheEnvironmentsFault() {
    assertThatThrownBy(EngineBenchTest::broken)
        .isInstanceOfSatisfying(EngineFailure.class, failure ->
            assertThat(failure.reason()).isEqualTo(EngineFailure.Reason.ENVIRONMENT))
        .hasMessageStartingWith("broken cannot be started: ");
  }

  @Test
  void aProcessThatEndsWithoutAnAnswerIsTheEnvironmentsFault() {
    String java = ProcessHandle.current().info().command().orElseThrow();
    try (Engine engine = new LincheckProcess("gone", List.of(java, "-cp", "/no/such", "NoSuchClass"))) {
      assertThatThrownBy(() -> engine.turn(TURN))
          .isInstanceOfSatisfying(EngineFailure.class, failure ->
              assertThat(failure.reason()).isEqualTo(EngineFailure.Reason.ENVIRONMENT))
          .hasMessageStartingWith("gone ended without an answer; its last line: ").hasMessageContaining("NoSuchClass");
    }
  }
}
