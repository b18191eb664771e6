package io.stalemate.cli;

import io.stalemate.scenario.input.Safe;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;

/** A file that a command writes: all of it or nothing, so that no reader meets half of it. */
final class WholeFile {

  private final String what;
  private final Path path;

  /** The file that an argument names; {@code what} says in messages what is written to it. */
  WholeFile(String what, String name) {
    this.what = what;
    this.path = Subject.path(name);
  }

  /** The file, however it was named. */
  Path path() {
    return path.toAbsolutePath().normalize();
  }

  /** Finds out, before work is spent on its content, whether it can be written; leaves no trace. */
  void check() {
    refuseWhatIsNoFile();
    try {
      Files.write(partial(), new byte[0]);
    } catch (IOException e) {
      throw refused();
    } finally {
      deletePartial();
    }
  }

  /** Writes it; what was there before is replaced. */
  void write(String text) {
    refuseWhatIsNoFile();
    try {
      Files.write(partial(), text.getBytes(StandardCharsets.UTF_8));
      // Replaces what was there in one step: without this option it would be deleted before.
      Files.move(partial(), path, StandardCopyOption.ATOMIC_MOVE);
    } catch (IOException e) {
      throw refused();
    } finally {
      deletePartial();
    }
  }

  /** A file that takes the place of a device or a directory would do harm. */
  private void refuseWhatIsNoFile() {
    if (Files.exists(path, LinkOption.NOFOLLOW_LINKS) && !Files.isRegularFile(path)) {
      throw new EnvironmentFault(Safe.quote(path.toString()) + ": no regular file; the " + what
          + " cannot be written there");
    }
  }

  /** Half of it lies here; no other command uses the name, and no user is likely to. */
  private Path partial() {
    return path.resolveSibling("." + path.getFileName() + "." + ProcessHandle.current().pid() + ".partial");
  }

  private void deletePartial() {
    try {
      Files.deleteIfExists(partial());
    } catch (IOException e) {
      // What cannot be written to cannot be cleaned up either; the refusal is said already.
    }
  }

  private EnvironmentFault refused() {
    return new EnvironmentFault(Safe.quote(path.toString()) + ": the " + what + " cannot be written there");
  }
}
