package io.stalemate.report;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/** Texts kept in files and compared in full; {@code -Dstalemate.golden=write} rewrites the files instead. */
final class GoldenText {

  private static final Path FOLDER = Path.of("src/test/resources/io/stalemate/report");

  private GoldenText() {}

  /** Asserts that {@code actual} is the golden text {@code name}. */
  static void check(String name, String actual) throws IOException {
    if ("write".equals(System.getProperty("stalemate.golden"))) {
      Files.createDirectories(FOLDER);
      Files.writeString(FOLDER.resolve(name), actual);
      return;
    }
    try (InputStream golden = GoldenText.class.getResourceAsStream(name)) {
      assertThat(golden).as("golden text " + name).isNotNull();
      assertThat(actual).isEqualTo(new String(golden.readAllBytes(), StandardCharsets.UTF_8));
    }
  }
}
