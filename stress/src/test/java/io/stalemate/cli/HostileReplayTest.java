package io.stalemate.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.stalemate.strategy.Seeded;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Damaged tokens and trace files: only documented exit codes, one line, no stack trace. */
class HostileReplayTest {

  private static final List<Integer> REFUSALS =
      List.of(ExitCode.USAGE, ExitCode.OTHER_MODEL, ExitCode.INPUT_REFUSED);
  private static final String CHARACTERS = "smx10.,=-abcdefghjkmnpqrstvwz ~\u001b\u202e\0";
  private static final int MUTATIONS = 1000;

  private final Seeded draws = new Seeded(0x4057);

  @TempDir
  Path folder;

  @Test
  void mutatedTokensAreRefused() {
    Cli found = Cli.expect(ExitCode.FINDING, "run", "yardstick", "--race", "no-retry-check", "--quiet");
    List<String> tokens = List.of(found.replayToken(), found.seedToken());
    for (int i = 0; i < MUTATIONS; i++) {
      String token = tokens.get(i % 2);
      String mutant = mutated(token);
      if (!mutant.strip().equals(token)) {
        refused(mutant);
      }
    }
  }

  @Test
  void mutatedTraceFilesAreRefused() throws IOException {
    Cli found = Cli.expect(ExitCode.FINDING, "run", "yardstick", "--race", "no-retry-check", "--quiet");
    Path file = folder.resolve("race.smt.txt");
    Cli.expect(ExitCode.FINDING, "replay", found.replayToken(), "--trace", file.toString(), "--quiet");
    String text = Files.readString(file);
    Path damaged = folder.resolve("damaged.smt.txt");
    for (int i = 0; i < MUTATIONS; i++) {
      String mutant = switch (i % 3) {
        case 0 -> mutated(text);
        case 1 -> text.substring(0, draws.below(text.length()));
        default -> text + text.substring(draws.below(text.length()));
      };
      if (!mutant.equals(text)) {
        Files.writeString(damaged, mutant);
        refused(damaged.toString());
      }
    }
  }

  private void refused(String argument) {
    Cli cli = Cli.run("replay", argument);
    assertThat(cli.code()).as("%s%n%s%s", argument, cli.out(), cli.err()).isIn(REFUSALS);
    assertThat(cli.out()).isEmpty();
    assertThat(cli.err().lines()).as("%s%n%s", argument, cli.err()).hasSize(1);
    assertThat(cli.err().strip().chars()).as(cli.err()).allMatch(c -> c >= ' ' && c != 0x7f && c != 0x202e);
  }

  /** Yields {@code text} with a character replaced, put in, taken out, or swapped with the next. */
  private String mutated(String text) {
    StringBuilder mutant = new StringBuilder(text);
    int at = draws.below(text.length() - 1);
    char other = CHARACTERS.charAt(draws.below(CHARACTERS.length()));
    switch (draws.below(4)) {
      case 0 -> mutant.setCharAt(at, other);
      case 1 -> mutant.insert(at, other);
      case 2 -> mutant.deleteCharAt(at);
      default -> {
        mutant.setCharAt(at, text.charAt(at + 1));
        mutant.setCharAt(at + 1, text.charAt(at));
      }
    }
    return mutant.toString();
  }
}
