package io.stalemate.litmus.run;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;

/**
 * Runs the litmus tests, writes {@code TEST-jcstress.xml} beside JCStress's report in the working directory, and exits
 * with 0 if no test failed; 1 for a forbidden outcome, or a test that broke down; 2 wrong usage; 4 nothing selected;
 * 8 too few CPUs, or no place to write to; 9 a test that was compiled did not run, or JCStress broke down.
 */
public final class Litmus {

  private static final int PASS = 0;
  private static final int FORBIDDEN = 1;
  private static final int USAGE = 2;
  private static final int NOTHING_SELECTED = 4;
  private static final int ENVIRONMENT = 8;
  private static final int INTERNAL = 9;

  private static final Path XML = Path.of("TEST-jcstress.xml");
  private static final Path LOG = Path.of("jcstress.log");
  private static final Path HTML = Path.of("index.html");

  private Litmus() {}

  /**
   * Runs tests.
   *
   * @param args the mode, a regular expression that is found in the names of the tests to run, options for JCStress
   */
  public static void main(String[] args) {
    int code;
    try {
      code = run(args);
    } catch (IOException e) {
      code = refuse(ENVIRONMENT, "in " + Path.of("").toAbsolutePath() + ": " + e);
    } catch (IllegalStateException e) {
      code = refuse(INTERNAL, e.getMessage() + "; its log is " + LOG.toAbsolutePath());
    }
    System.exit(code);
  }

  private static int run(String[] args) throws IOException {
    Optional<Mode> mode = args.length == 0 ? Optional.empty() : Mode.of(args[0]);
    if (mode.isEmpty()) {
      return refuse(USAGE, "no mode " + (args.length == 0 ? "given" : args[0]) + "; there are sanity, quick and tough");
    }
    Pattern selection;
    Jcstress jcstress;
    try {
      selection = Pattern.compile(args.length < 2 ? "" : args[1]);
      List<String> more = args.length < 3 ? List.of() : List.of(args).subList(2, args.length);
      jcstress = Jcstress.of(mode.get(), selection, more);
    } catch (PatternSyntaxException e) {
      return refuse(USAGE, "no regular expression: " + args[1]);
    } catch (IllegalArgumentException e) {
      return refuse(USAGE, String.valueOf(e.getMessage()));
    }
    // What an earlier run left must not pass for this one's.
    Files.deleteIfExists(XML);
    Files.deleteIfExists(HTML);
    SortedSet<String> expected = selected(selection);
    if (expected.isEmpty()) {
      return refuse(NOTHING_SELECTED, "no test's name matches " + selection);
    }
    for (String test : jcstress.tests()) {
      if (jcstress.cpusFor(test) > jcstress.cpus()) {
        return refuse(ENVIRONMENT, test + " takes " + jcstress.cpusFor(test) + " CPUs, one for each actor; there "
            + (jcstress.cpus() == 1 ? "is 1" : "are " + jcstress.cpus()));
      }
    }
    return run(mode.get(), jcstress, expected);
  }

  private static SortedSet<String> selected(Pattern selection) throws IOException {
    SortedSet<String> selected = TestClasses.names();
    selected.removeIf(name -> !selection.matcher(name).find());
    return selected;
  }

  private static int run(Mode mode, Jcstress jcstress, SortedSet<String> expected) throws IOException {
    System.out.printf("litmus tests: %d, mode %s, on %d CPUs; JCStress says how far it is in %s%n",
        expected.size(), mode.word(), jcstress.cpus(), LOG.toAbsolutePath());
    long begun = System.nanoTime();
    List<LitmusResult> results;
    try (PrintStream log = new PrintStream(LOG.toFile(), StandardCharsets.UTF_8)) {
      results = jcstress.run(log);
    }
    double seconds = (System.nanoTime() - begun) / 1e9;
    SortedSet<String> missing = new TreeSet<>(expected);
    results.forEach(result -> missing.remove(result.test()));
    Files.writeString(XML, JUnitXml.of(results, new ArrayList<>(missing), seconds));
    return say(results, missing, seconds);
  }

  private static int say(List<LitmusResult> results, SortedSet<String> missing, double seconds) {
    long configurations = 0;
    long samples = 0;
    int failed = 0;
    for (LitmusResult result : results) {
      configurations += result.configurations();
      samples += result.samples();
      boolean interesting = !result.seen(LitmusResult.Grade.INTERESTING).isEmpty();
      String verdict = !result.error().isEmpty() ? "ERROR" : !result.passed() ? "FORBIDDEN"
          : interesting ? "interesting" : "ok";
      System.out.printf("%-11s  %s%n", verdict, result.test());
      if (interesting || !result.passed()) {
        result.table().forEach(line -> System.out.println("    " + line));
        result.error().lines().forEach(line -> System.out.println("    " + line));
      }
      failed += result.passed() ? 0 : 1;
    }
    missing.forEach(test -> System.out.printf("%-11s  %s%n", "NOT RUN", test));
    System.out.printf(Locale.ROOT, "%d tests ran of %d, %d failed; %d JVMs, %,d samples, %.0f s%n",
        results.size(), results.size() + missing.size(), failed, configurations, samples, seconds);
    System.out.printf("report %s, JUnit %s%n", HTML.toAbsolutePath(), XML.toAbsolutePath());
    if (!missing.isEmpty()) {
      return refuse(INTERNAL, missing.size() + " tests were compiled and did not run: " + String.join(", ", missing));
    }
    return failed == 0 ? PASS : FORBIDDEN;
  }

  private static int refuse(int code, String why) {
    System.err.println("litmus: " + why);
    return code;
  }
}
