package io.stalemate.check;

import io.stalemate.scenario.Scenario;
import io.stalemate.scenario.file.ScenarioFile;
import io.stalemate.scenario.input.Refused;
import io.stalemate.scenario.input.Safe;
import io.stalemate.scenario.token.Model;
import io.stalemate.scenario.token.Token;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/** Where pinned tokens are kept: the list that comes with the program, and directories of {@code *.tokens} files. */
public final class PinnedTokens {

  /** How files of tokens end. */
  public static final String SUFFIX = ".tokens";

  /** Size limit of a file. */
  static final int BYTES_MAX = 1024 * 1024;

  /** Most files of a directory that are looked at. */
  static final int FILES_MAX = 10_000;

  private static final String BUILT_IN = "known-races" + SUFFIX;

  private PinnedTokens() {}

  /** Yields a finding of every known race: what the oracles saw once they must always see. */
  public static List<PinnedToken> builtIn(Model model) {
    try (InputStream in = PinnedTokens.class.getResourceAsStream(BUILT_IN)) {
      if (in == null) {
        throw new IllegalStateException("not built in: " + BUILT_IN);
      }
      return new TokenLines(model, token -> Optional.empty()).builtIn(BUILT_IN, in.readAllBytes());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * Yields the tokens of all files of a directory, in the order of the files' names. Scenario files that tokens are of
   * lie in the same directory.
   *
   * @param fileOption what a command needs to find a scenario file, from the file
   * @throws Refused (usage) if there is no such directory, (model) for a token of another model, (input) for anything
   *     in it that cannot be read or is no token
   */
  public static List<PinnedToken> of(Path directory, Model model, Function<Path, String> fileOption) {
    String shown = Safe.quote(directory.toString());
    if (Files.notExists(directory)) {
      throw Refused.usage("--tokens " + shown + ": there is no such directory");
    }
    if (!Files.isDirectory(directory)) {
      throw Refused.usage("--tokens " + shown + " is no directory; name the one that holds the *" + SUFFIX + " files");
    }
    List<Path> files = files(directory);
    TokenLines lines = new TokenLines(model, token -> scenario(files, token, fileOption));
    List<PinnedToken> tokens = new ArrayList<>();
    for (Path file : files) {
      if (file.toString().endsWith(SUFFIX)) {
        tokens.addAll(lines.parse(Safe.print(file.toString()), bytes(file)));
      }
    }
    return tokens;
  }

  private static List<Path> files(Path directory) {
    List<Path> files = new ArrayList<>();
    try (DirectoryStream<Path> entries = Files.newDirectoryStream(directory)) {
      for (Path entry : entries) {
        files.add(entry);
        if (files.size() > FILES_MAX) {
          throw Refused.input(Safe.quote(directory.toString()) + ": more than " + FILES_MAX
              + " files; that many are allowed");
        }
      }
    } catch (IOException | DirectoryIteratorException e) {
      throw Refused.input(Safe.quote(directory.toString()) + ": the directory cannot be read");
    }
    files.sort(null);
    return files;
  }

  private static byte[] bytes(Path file) {
    String shown = Safe.print(file.toString());
    if (!Files.isRegularFile(file)) {
      throw Refused.input(shown + ": no regular file; what ends in " + SUFFIX + " is to be text, a line VERDICT TOKEN");
    }
    try (InputStream in = Files.newInputStream(file)) {
      byte[] bytes = in.readNBytes(BYTES_MAX + 1);
      if (bytes.length > BYTES_MAX) {
        throw Refused.input(shown + ": larger than 1 MiB; 1 MiB is allowed");
      }
      return bytes;
    } catch (IOException e) {
      throw Refused.input(shown + ": cannot be read");
    }
  }

  /** Yields the scenario file of the directory that {@code token} was made with. */
  private static Optional<TokenLines.Located> scenario(List<Path> files, Token token, Function<Path, String> option) {
    String digest = token.overrides().get("f").orElse("");
    for (Path file : files) {
      if (file.toString().endsWith(ScenarioFile.SUFFIX) && Files.isRegularFile(file)) {
        Scenario scenario = ScenarioFile.read(file);
        if (scenario.digest().equals(digest) && scenario.name().equals(token.scenario())) {
          return Optional.of(new TokenLines.Located(scenario, option.apply(file)));
        }
      }
    }
    throw Refused.input("the token is of a scenario file " + token.scenario() + " with digest " + digest
        + "; none such lies beside it");
  }
}
