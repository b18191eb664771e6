package io.stalemate.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/** More threads make memslots at once than the checker of histories can put into every order. */
class UndecidedHistoryTest {

  private static final int THREADS = 15;

  @TempDir
  Path folder;

  @Test
  void aHistoryThatIsTooHardToJudgeIsNoPass() throws IOException {
    Path file = folder.resolve("crowd.scenario.conf");
    String tasks = IntStream.range(1, THREADS + 1)
        .mapToObj(i -> "  { name = slots" + i + ", kind = memslot, do = [{ do = slot-create, id = " + i + ", gfn = " + i
            + ", pages = 1, hva = ram }] }")
        .collect(Collectors.joining("\n", "", "\n"));
    Files.writeString(file, """
        name = crowd
        title = "Many threads make a memslot each"
        group = memslots
        about = "Nobody can say in which order they came."
        system = kvm-arm64
        vm {
          eras = [v6.12]
          geometry { levels = 2, bits = 2 }
          host { mappings = [{ name = ram, hva = 16, pages = 2 }] }
          memslots = [{ id = 0, gfn = 0, pages = 1, hva = ram }]
        }
        tasks = [
          { name = vcpu0, kind = vcpu, do = [{ do = load, gfn = 0 }] }
        """ + tasks + """
        ]
        goals = []
        outcomes = [{ name = all, class = acceptable, when = "count(return) >= 1" }]
        """);
    Cli run = Cli.expect(ExitCode.INCONCLUSIVE, "run", file.toString(), "--runs", "20", "--workers", "1");
    assertThat(run.out()).contains("history too hard to judge").contains("verdict INCONCLUSIVE");
    JsonNode json = Cli.expect(ExitCode.INCONCLUSIVE, "run", file.toString(), "--runs", "20", "--json").json();
    assertThat(json.get("undecided").asLong()).isBetween(1L, 20L);
    assertThat(json.get("undecidedToken").asString()).startsWith("sm1.");
  }
}
