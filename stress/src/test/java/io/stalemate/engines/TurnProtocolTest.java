package io.stalemate.engines;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class TurnProtocolTest {

  private final ByteArrayOutputStream out = new ByteArrayOutputStream();

  private TurnProtocol protocol(String in) {
    return new TurnProtocol(
        new ByteArrayInputStream(in.getBytes(StandardCharsets.US_ASCII)), new PrintStream(out));
  }

  private Optional<TurnProtocol.Answer> said() {
    String text = out.toString(StandardCharsets.UTF_8);
    assertThat(text).endsWith("\n");
    return TurnProtocol.answer(text.substring(0, text.length() - 1));
  }

  @Test
  void whatOneSideAsksTheOtherUnderstands() {
    TurnProtocol protocol = protocol(TurnProtocol.ask(12) + TurnProtocol.ask(Long.MAX_VALUE));
    assertThat(protocol.awaitTurn()).isEqualTo(12);
    assertThat(protocol.awaitTurn()).isEqualTo(Long.MAX_VALUE);
  }

  @Test
  void theEndOfTheRequestsEndsTheTurns() {
    assertThatThrownBy(() -> protocol("12").awaitTurn()).isInstanceOf(TurnProtocol.Ended.class);
  }

  @Test
  void whatOneSideAnswersTheOtherUnderstands() {
    Engine.Turn turn = new Engine.Turn(7, 1_000_000_007, 3);
    protocol("").tell(turn);
    assertThat(said()).isEqualTo(Optional.of(new TurnProtocol.Done(turn)));
  }

  @Test
  void failuresKeepTheirReasonAndTheirFirstLine() {
    protocol("").tell(EngineFailure.Reason.FINDING, "\n= The execution has hung =\n| a | b |\n");
    assertThat(said()).isEqualTo(
        Optional.of(new TurnProtocol.Failed(EngineFailure.Reason.FINDING, "= The execution has hung =")));
    out.reset();
    protocol("").tell(EngineFailure.Reason.ENVIRONMENT, "cannot");
    assertThat(said()).isEqualTo(Optional.of(new TurnProtocol.Failed(EngineFailure.Reason.ENVIRONMENT, "cannot")));
  }

  @Test
  void whatElseTheProcessPrintsIsNoAnswer() {
    assertThat(TurnProtocol.answer("WARNING: a Java agent has been loaded")).isEmpty();
  }
}
