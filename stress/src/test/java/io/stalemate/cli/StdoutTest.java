package io.stalemate.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Results that cannot be written are not taken for written. */
class StdoutTest {

  private final ByteArrayOutputStream err = new ByteArrayOutputStream();

  /** A stream that takes nothing. */
  private static OutputStream refusing(String why) {
    return new OutputStream() {
      @Override
      public void write(int single) throws IOException {
        throw new IOException(why);
      }
    };
  }

  @ParameterizedTest
  @ValueSource(strings = {"list", "list --json", "template", "--help", "run yardstick --runs 2000 --quiet"})
  void aFullDiskIsTheEnvironmentsFault(String line) {
    assertThat(Main.execute(refusing("No space left on device"), err, line.split(" "))).isEqualTo(ExitCode.ENVIRONMENT);
    assertThat(err.toString(StandardCharsets.UTF_8))
        .isEqualTo("stalemate: the results cannot be written to stdout: No space left on device\n");
  }

  @Test
  void aReaderThatHasSeenEnoughIsNoFault() {
    assertThat(Main.execute(refusing("Broken pipe"), err, "list")).isEqualTo(ExitCode.PASS);
    assertThat(Main.execute(refusing("Broken pipe"), err, "list", "whales")).isEqualTo(ExitCode.USAGE);
    assertThat(err.toString(StandardCharsets.UTF_8).lines()).hasSize(1);
  }

  @Test
  void whatCanBeWrittenIsWritten() {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    assertThat(Main.execute(out, err, "--version")).isEqualTo(ExitCode.PASS);
    assertThat(out.toString(StandardCharsets.UTF_8).strip()).isEqualTo(Main.VERSION);
    assertThat(err.size()).isZero();
  }
}
