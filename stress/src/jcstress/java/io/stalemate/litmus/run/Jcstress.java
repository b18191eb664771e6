package io.stalemate.litmus.run;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.zip.GZIPInputStream;
import org.openjdk.jcstress.JCStress;
import org.openjdk.jcstress.Options;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.infra.Status;
import org.openjdk.jcstress.infra.collectors.DiskReadCollector;
import org.openjdk.jcstress.infra.collectors.InProcessCollector;
import org.openjdk.jcstress.infra.collectors.TestResult;
import org.openjdk.jcstress.infra.grading.GradingResult;
import org.openjdk.jcstress.infra.grading.ReportUtils;
import org.openjdk.jcstress.infra.runners.TestList;

/**
 * JCStress 0.16: the one class that knows its options, its results and its habits, which all change between releases.
 * It keeps raw results in the working directory, and that is where everything else goes too.
 */
final class Jcstress {

  private final Options options;
  private final Pattern selection;

  private Jcstress(Options options, Pattern selection) {
    this.options = options;
    this.selection = selection;
  }

  /**
   * A run of the tests in which {@code selection} is found.
   *
   * @param more options that come before the mode's own
   * @throws IllegalArgumentException with JCStress's words if it does not take {@code more}
   */
  static Jcstress of(Mode mode, Pattern selection, List<String> more) throws IOException {
    List<String> arguments = new ArrayList<>(List.of("-t", selection.pattern(), "-r", "."));
    for (int i = 0; i < mode.options().size(); i += 2) {
      if (!more.contains(mode.options().get(i))) {
        arguments.addAll(mode.options().subList(i, i + 2));
      }
    }
    arguments.addAll(more);
    Options options = new Options(arguments.toArray(String[]::new));
    ByteArrayOutputStream said = new ByteArrayOutputStream();
    if (!quietly(new PrintStream(said, true, StandardCharsets.UTF_8), options::parse)) {
      // Its complaint, and then a page of usage.
      String complaint = said.toString(StandardCharsets.UTF_8).lines()
          .filter(line -> line.contains("ERROR") || line.startsWith("Requested")).findFirst().orElse("");
      throw new IllegalArgumentException(
          "JCStress does not take " + String.join(" ", more) + (complaint.isEmpty() ? "" : "; " + complaint));
    }
    return new Jcstress(options, selection);
  }

  /** Something of JCStress's, which talks. */
  @FunctionalInterface
  private interface Talker<T, X extends Exception> {
    T call() throws X;
  }

  private static <T, X extends Exception> T quietly(PrintStream log, Talker<T, X> talker) throws X {
    PrintStream out = System.out;
    PrintStream err = System.err;
    System.setOut(log);
    System.setErr(log);
    try {
      return talker.call();
    } finally {
      System.setOut(out);
      System.setErr(err);
    }
  }

  /** The tests selected that the annotation processor put on its list. */
  SortedSet<String> tests() {
    SortedSet<String> tests = new TreeSet<>();
    for (String test : TestList.tests()) {
      if (selection.matcher(test).find()) {
        tests.add(test);
      }
    }
    return tests;
  }

  /** The CPUs it takes to run {@code test}: one for each actor. */
  int cpusFor(String test) {
    return TestList.getInfo(test).threads();
  }

  /** The CPUs there are, or the run is told to use. */
  int cpus() {
    return Math.min(options.getCPUCount(), Runtime.getRuntime().availableProcessors());
  }

  /**
   * Runs them, with JCStress's own talk going to {@code log}; yields a result for each test that did run, by name.
   *
   * @throws IllegalStateException if JCStress breaks down or leaves damaged results; the log has the stack
   */
  List<LitmusResult> run(PrintStream log) {
    return quietly(log, () -> {
      try {
        new JCStress(options).run();
      } catch (AssertionError failures) {
        // How it says that a test failed, once all reports are written.
        log.println(failures);
      } catch (Exception e) {
        e.printStackTrace(log);
        throw new IllegalStateException("JCStress broke down: " + e, e);
      }
      Path raw = Path.of(options.getResultFile());
      return Files.exists(raw) ? read(raw) : List.of();
    });
  }

  /**
   * Yields what JCStress keeps in {@code raw}.
   *
   * @throws IllegalStateException if that is damaged or cut short, which JCStress takes for the end of the results
   */
  static List<LitmusResult> read(Path raw) {
    InProcessCollector collector = new InProcessCollector();
    try {
      try (InputStream whole = new GZIPInputStream(Files.newInputStream(raw))) {
        whole.transferTo(OutputStream.nullOutputStream());
      }
      DiskReadCollector reader = new DiskReadCollector(raw.toString(), collector);
      reader.dump();
      reader.close();
    } catch (IOException | ClassNotFoundException e) {
      throw new IllegalStateException("results " + raw.toAbsolutePath() + " are damaged: " + e, e);
    }
    return graded(collector.getTestResults());
  }

  /** What {@code raw}, one for each JVM, comes to, by name of the test. */
  static List<LitmusResult> graded(Collection<TestResult> raw) {
    List<LitmusResult> results = new ArrayList<>();
    for (TestResult merged : ReportUtils.mergedByName(raw)) {
      int configurations = (int) raw.stream().filter(one -> one.getName().equals(merged.getName())).count();
      List<LitmusResult.Row> rows = new ArrayList<>();
      for (GradingResult row : merged.grading().gradingResults.values()) {
        rows.add(new LitmusResult.Row(row.id, row.count, grade(row.expect), row.description));
      }
      results.add(new LitmusResult(merged.getName(), error(merged), rows, configurations));
    }
    results.sort(Comparator.comparing(LitmusResult::test));
    return results;
  }

  private static String error(TestResult result) {
    if (result.status() == Status.NORMAL) {
      return "";
    }
    List<String> said = new ArrayList<>();
    said.add(result.status().name());
    said.addAll(result.getMessages());
    said.addAll(result.getVmErr());
    return String.join("\n", said);
  }

  private static LitmusResult.Grade grade(Expect expect) {
    return switch (expect) {
      case ACCEPTABLE -> LitmusResult.Grade.ACCEPTABLE;
      case ACCEPTABLE_INTERESTING -> LitmusResult.Grade.INTERESTING;
      // An outcome that its test did not foresee is as bad.
      case FORBIDDEN, UNKNOWN -> LitmusResult.Grade.FORBIDDEN;
    };
  }
}
