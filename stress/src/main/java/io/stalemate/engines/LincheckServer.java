package io.stalemate.engines;

import io.stalemate.scenario.Scenario;

/** The process's side of {@link LincheckProcess}: shows that Lincheck sees anything, then gives it turns. */
public final class LincheckServer {

  private static final int MUTANT_EXECUTIONS = 1000;

  private LincheckServer() {}

  /** Answers on stdout what stdin asks, until stdin ends. */
  public static void serve(Scenario scenario, LincheckSettings settings) {
    TurnProtocol protocol = new TurnProtocol(System.in, System.out);
    try {
      LincheckRun run = new LincheckRun(scenario, settings);
      if (!run.findsTheMutant(MUTANT_EXECUTIONS)) {
        protocol.tell(EngineFailure.Reason.ENVIRONMENT, "does not find race " + ScenarioZeroMutant.RACE
            + ", so it sees nothing on JDK " + Runtime.version().feature());
        return;
      }
      String complaint = run.run(TurnVerifier.class);
      protocol.tell(complaint.isEmpty() ? EngineFailure.Reason.ENVIRONMENT : EngineFailure.Reason.FINDING,
          complaint.isEmpty() ? "has no further schedules; ask for less time" : complaint);
    } catch (TurnProtocol.Ended e) {
      // The other side has what it wanted.
    } catch (NoClassDefFoundError e) {
      protocol.tell(EngineFailure.Reason.ENVIRONMENT, "is not on the class path: no class " + e.getMessage());
    } catch (Exception | LinkageError e) {
      protocol.tell(EngineFailure.Reason.ENVIRONMENT,
          "cannot run on JDK " + Runtime.version().feature() + ": " + e);
    }
  }
}
