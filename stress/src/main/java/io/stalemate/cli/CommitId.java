package io.stalemate.cli;

import io.stalemate.scenario.input.Refused;
import io.stalemate.scenario.input.Safe;
import io.stalemate.strategy.Seeded;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The commit that a check is of, from which its seed comes.
 *
 * @param text 7 to 64 hex digits, lower case; empty if there is none
 * @param origin where it was found, in words
 */
record CommitId(String text, String origin) {

  /** What CI services call it. */
  private static final List<String> VARIABLES = List.of("GITHUB_SHA", "CI_COMMIT_SHA", "GIT_COMMIT");
  private static final Pattern FORM = Pattern.compile("[0-9a-f]{7,64}");
  /** A short id and the full one of the same commit give the same seed. */
  private static final int SEED_DIGITS = 7;
  private static final int RADIX = 16;
  private static final String REF = "ref: ";
  private static final String GITDIR = "gitdir: ";

  /**
   * Yields the id given, else that of the CI service, else that of the repository around {@code directory}.
   *
   * @param given the value of {@code --commit}
   * @throws Refused (usage) for text that is no commit id
   */
  static CommitId find(@Nullable String given, Map<String, String> environment, Path directory) {
    if (given != null) {
      return of(given, "--commit");
    }
    for (String variable : VARIABLES) {
      String value = environment.get(variable);
      if (value != null && !value.isBlank()) {
        return of(value, variable);
      }
    }
    return head(directory).filter(each -> FORM.matcher(each).matches())
        .map(each -> new CommitId(each, ".git"))
        .orElse(new CommitId("", "no commit: a fixed seed"));
  }

  private static CommitId of(String text, String origin) {
    String lower = text.strip().toLowerCase(Locale.ROOT);
    if (!FORM.matcher(lower).matches()) {
      throw Refused.usage(origin + " " + Safe.quote(text) + "; 7 to 64 hex digits are allowed");
    }
    return new CommitId(lower, origin);
  }

  /** Yields the seed. */
  long seed() {
    return Seeded.derive(0, text.isEmpty() ? 0 : Long.parseLong(text.substring(0, SEED_DIGITS), RADIX));
  }

  /** Yields what HEAD of the repository points to; empty where there is none, or one of a form unknown here. */
  private static Optional<String> head(Path directory) {
    for (@Nullable Path at = directory.toAbsolutePath(); at != null; at = at.getParent()) {
      Path git = at.resolve(".git");
      if (Files.exists(git)) {
        Optional<Path> own = Files.isDirectory(git) ? Optional.of(git)
            : line(git).filter(text -> text.startsWith(GITDIR))
                .flatMap(text -> path(git.resolveSibling("."), text.substring(GITDIR.length())));
        return own.flatMap(CommitId::headOf);
      }
    }
    return Optional.empty();
  }

  private static Optional<String> headOf(Path git) {
    Optional<String> head = line(git.resolve("HEAD"));
    if (head.isEmpty() || !head.get().startsWith(REF)) {
      return head;
    }
    String ref = head.get().substring(REF.length());
    // A worktree has a HEAD of its own and shares the branches.
    Path common = line(git.resolve("commondir")).flatMap(text -> path(git, text)).orElse(git);
    return path(common, ref).flatMap(CommitId::line).or(() -> packed(common, ref));
  }

  private static Optional<String> packed(Path git, String ref) {
    try {
      return Files.readAllLines(git.resolve("packed-refs")).stream()
          .filter(line -> line.endsWith(" " + ref)).map(line -> line.substring(0, line.indexOf(' '))).findFirst();
    } catch (IOException e) {
      return Optional.empty();
    }
  }

  private static Optional<Path> path(Path directory, String text) {
    try {
      return Optional.of(directory.resolve(text));
    } catch (InvalidPathException e) {
      return Optional.empty();
    }
  }

  private static Optional<String> line(Path file) {
    try {
      return Files.isRegularFile(file) ? Files.readString(file).lines().findFirst().map(String::strip)
          : Optional.empty();
    } catch (IOException e) {
      return Optional.empty();
    }
  }
}
