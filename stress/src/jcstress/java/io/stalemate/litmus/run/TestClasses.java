package io.stalemate.litmus.run;

import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.openjdk.jcstress.annotations.JCStressTest;

/** The tests as they were compiled, whatever JCStress's list says: what a run has to account for. */
final class TestClasses {

  private static final String SUFFIX = ".class";

  private TestClasses() {}

  /** Yields the names of the test classes that were compiled together with this class. */
  static SortedSet<String> names() throws IOException {
    Path home;
    try {
      home = Path.of(TestClasses.class.getProtectionDomain().getCodeSource().getLocation().toURI());
    } catch (URISyntaxException e) {
      throw new IOException("no directory of classes: " + e.getMessage(), e);
    }
    List<Path> files;
    try (Stream<Path> walk = Files.walk(home.resolve("io/stalemate/litmus"))) {
      files = walk.filter(file -> file.toString().endsWith(SUFFIX)).toList();
    }
    SortedSet<String> names = new TreeSet<>();
    for (Path file : files) {
      String path = home.relativize(file).toString();
      String name = path.substring(0, path.length() - SUFFIX.length())
          .replace(file.getFileSystem().getSeparator(), ".");
      Class<?> type = load(name);
      if (type.isAnnotationPresent(JCStressTest.class)) {
        names.add(type.getCanonicalName());
      }
    }
    return names;
  }

  private static Class<?> load(String name) throws IOException {
    try {
      return Class.forName(name, false, TestClasses.class.getClassLoader());
    } catch (ClassNotFoundException e) {
      throw new IOException("a class file without its class: " + name, e);
    }
  }
}
