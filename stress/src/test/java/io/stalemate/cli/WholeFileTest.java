package io.stalemate.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class WholeFileTest {

  @TempDir
  Path directory;

  private long files() throws IOException {
    try (Stream<Path> files = Files.list(directory)) {
      return files.count();
    }
  }

  @Test
  void askingLeavesNoTrace() throws IOException {
    new WholeFile("trace", directory.resolve("a").toString()).check();
    assertThat(files()).isZero();
  }

  @Test
  void writingReplacesWhatWasThere() throws IOException {
    Path file = directory.resolve("a");
    Files.writeString(file, "much longer than what comes");
    WholeFile whole = new WholeFile("trace", file.toString());
    whole.check();
    assertThat(file).hasContent("much longer than what comes");
    whole.write("new \u2192");
    assertThat(file).hasContent("new \u2192");
    assertThat(files()).isOne();
  }

  @Test
  void aNeighbourWithTheNameOfAHalfIsLeftAlone() throws IOException {
    Path neighbour = Files.writeString(directory.resolve("a.partial"), "somebody's");
    WholeFile whole = new WholeFile("trace", directory.resolve("a").toString());
    whole.check();
    whole.write("new");
    assertThat(neighbour).hasContent("somebody's");
    assertThat(files()).isEqualTo(2);
  }

  @Test
  void whatCannotBeWrittenIsSaid() throws IOException {
    WholeFile nowhere = new WholeFile("trace", directory.resolve("none/a").toString());
    assertThatThrownBy(nowhere::check).isInstanceOf(EnvironmentFault.class)
        .hasMessageEndingWith("the trace cannot be written there");
    assertThatThrownBy(() -> nowhere.write("x")).isInstanceOf(EnvironmentFault.class);
    Path folder = Files.createDirectory(directory.resolve("folder"));
    assertThatThrownBy(new WholeFile("trace", folder.toString())::check).hasMessageContaining("no regular file");
    assertThatThrownBy(() -> new WholeFile("trace", folder.toString()).write("x")).hasMessageContaining("no regular");
    assertThat(folder).isDirectory();
    assertThat(files()).isOne();
  }

  @Test
  void aDeviceIsNotReplacedByAFile() {
    Path device = Path.of("/dev/null");
    if (Files.exists(device)) {
      assertThatThrownBy(new WholeFile("trace", device.toString())::check).isInstanceOf(EnvironmentFault.class);
      assertThatThrownBy(() -> new WholeFile("trace", device.toString()).write("x"))
          .isInstanceOf(EnvironmentFault.class);
      assertThat(Files.isRegularFile(device)).isFalse();
    }
  }
}
