package io.stalemate.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.stalemate.scenario.input.Refused;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;
import org.assertj.core.api.Assertions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CommitIdTest {

  private static final String ID = "0123456789abcdef0123456789abcdef01234567";
  private static final String OTHER = "f".repeat(40);

  @TempDir
  Path directory;

  private Path git;

  @BeforeEach
  void initialise() throws IOException {
    git = Files.createDirectories(directory.resolve("clone/.git/refs/heads")).getParent().getParent();
  }

  private void write(String name, String text) throws IOException {
    Files.writeString(git.resolve(name), text);
  }

  private String found() {
    return CommitId.find(null, Map.of(), directory.resolve("clone/deep/down")).text();
  }

  @Test
  void whatIsGivenComesBeforeTheServiceAndThatBeforeTheClone() throws IOException {
    write("HEAD", OTHER + "\n");
    Map<String, String> service = Map.of("GITHUB_SHA", ID.toUpperCase(Locale.ROOT), "GIT_COMMIT", OTHER);

    assertThat(CommitId.find("abcdef0", service, git)).isEqualTo(new CommitId("abcdef0", "--commit"));
    assertThat(CommitId.find(null, service, git)).isEqualTo(new CommitId(ID, "GITHUB_SHA"));
    assertThat(CommitId.find(null, Map.of("GIT_COMMIT", " "), git)).isEqualTo(new CommitId(OTHER, ".git"));
  }

  @Test
  void headIsFollowedToABranchLooseOrPackedOrOfAWorktree() throws IOException {
    write("HEAD", "ref: refs/heads/main\n");
    write("packed-refs", "# pack-refs with: peeled\n" + OTHER + " refs/heads/main\n");
    assertThat(found()).isEqualTo(OTHER);
    write("refs/heads/main", ID + "\n");
    assertThat(found()).isEqualTo(ID);

    Path own = Files.createDirectories(git.resolve("worktrees/two"));
    Files.writeString(own.resolve("HEAD"), "ref: refs/heads/main\n");
    Files.writeString(own.resolve("commondir"), "../..\n");
    Path tree = Files.createDirectories(directory.resolve("two"));
    Files.writeString(tree.resolve(".git"), "gitdir: " + own + "\n");
    assertThat(CommitId.find(null, Map.of(), tree).text()).isEqualTo(ID);
  }

  @Test
  void withoutACommitTheSeedIsFixed() throws IOException {
    CommitId none = CommitId.find(null, Map.of(), directory);
    for (String head : new String[] {"ref: refs/heads/unborn", "", "nonsense", "ref: \0", "ref: ../../etc/passwd"}) {
      write("HEAD", head);
      assertThat(found()).as(head).isEmpty();
    }
    assertThat(none.text()).isEmpty();
    assertThat(none.origin()).isEqualTo("no commit: a fixed seed");
    assertThat(none.seed()).isEqualTo(new CommitId("", "").seed());
  }

  @Test
  void theSeedComesFromTheFirstSevenDigits() {
    assertThat(new CommitId(ID, "").seed()).isEqualTo(new CommitId(ID.substring(0, 7), "").seed())
        .isNotEqualTo(new CommitId(OTHER, "").seed());
  }

  @Test
  void whatIsNoCommitIsRefusedWithWhereItCameFrom() {
    for (String wrong : new String[] {"", "012345", "0123456g", "-1234567", ID + ID}) {
      assertThat(Assertions.catchThrowableOfType(Refused.class, () -> CommitId.find(wrong, Map.of(), directory)))
          .as(wrong).hasMessage("--commit '" + (wrong.length() > 60 ? wrong.substring(0, 60) + "..." : wrong)
              + "'; 7 to 64 hex digits are allowed");
    }
    assertThat(Assertions.catchThrowableOfType(Refused.class,
        () -> CommitId.find(null, Map.of("CI_COMMIT_SHA", "main"), directory)))
        .hasMessage("CI_COMMIT_SHA 'main'; 7 to 64 hex digits are allowed");
  }
}
