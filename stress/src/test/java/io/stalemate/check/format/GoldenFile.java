package io.stalemate.check.format;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/** Documents kept in files and compared in full; {@code -Dstalemate.golden=write} rewrites the files instead. */
final class GoldenFile {

  private static final Path FOLDER = Path.of("src/test/resources/io/stalemate/check/format");

  private GoldenFile() {}

  /** Asserts that {@code actual} is the golden document {@code name}. */
  static void check(String name, String actual) throws IOException {
    if ("write".equals(System.getProperty("stalemate.golden"))) {
      Files.createDirectories(FOLDER);
      Files.writeString(FOLDER.resolve(name), actual);
      return;
    }
    try (InputStream golden = GoldenFile.class.getResourceAsStream(name)) {
      assertThat(golden).as("golden document " + name).isNotNull();
      assertThat(actual).isEqualTo(new String(golden.readAllBytes(), StandardCharsets.UTF_8));
    }
  }
}
