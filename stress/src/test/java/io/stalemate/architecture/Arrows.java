package io.stalemate.architecture;

import static com.tngtech.archunit.base.DescribedPredicate.describe;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;

import com.tngtech.archunit.lang.ArchRule;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Who may see whom above sim-core, and which library lives where: a row a package, and no package without a row. */
final class Arrows {

  private static final List<String> KERNEL_TEXT = List.of("machine", "cpu", "cpu.x86", "yardstick",
      "linux", "linux.mm", "linux.kvm", "linux.arm64", "linux.arm64.nvhe", "linux.x86");
  private static final List<String> EVENTS = List.of("machine", "trace", "oracle", "strategy");
  private static final List<String> SCENARIOS =
      List.of("scenario", "scenario.input", "scenario.condition", "scenario.file", "scenario.token");

  private final String root;
  private final Map<String, List<String>> rows = new TreeMap<>();
  private final Map<String, List<String>> libraries = new TreeMap<>();

  /** The arrows of the packages below {@code root}. */
  Arrows(String root) {
    this.root = root;
    rows.put("scenario.input", List.of());
    rows.put("scenario.condition", List.of("machine", "linux.kvm", "scenario.input"));
    rows.put("scenario", List.of("machine", "scenario.condition"));
    rows.put("scenario.file", join(List.of("machine"), SCENARIOS));
    rows.put("scenario.token", List.of("scenario", "scenario.input"));
    rows.put("race", join(KERNEL_TEXT, List.of("scenario", "scenario.input")));
    rows.put("testbed", join(KERNEL_TEXT, SCENARIOS, List.of("race", "sim")));
    rows.put("actors", join(SCENARIOS, List.of("sim", "strategy", "trace")));
    rows.put("jvm", List.of("machine"));
    rows.put("report", join(EVENTS, List.of("cpu.x86", "linux.kvm", "linux.x86", "scenario.input")));
    rows.put("session", join(EVENTS, SCENARIOS, List.of("linux.kvm", "race", "testbed", "sim", "actors")));
    rows.put("engines", List.of(
        "machine", "oracle", "strategy", "yardstick", "jvm", "race", "scenario", "actors", "session"));
    rows.put("check", join(EVENTS, SCENARIOS, List.of("machine", "race", "actors", "session", "report")));
    rows.put("check.format", List.of("check", "oracle", "session", "scenario.input"));
    rows.put("junit", join(EVENTS, SCENARIOS, List.of("actors", "session", "check")));
    rows.put("cli", join(EVENTS, SCENARIOS, List.of("linux.kvm", "race", "testbed", "sim", "actors", "session",
        "report", "engines", "check", "check.format")));
    libraries.put("scenario.file", List.of("com.typesafe.config.."));
    libraries.put("actors", List.of("akka..", "scala..", "com.typesafe.config..", "org.slf4j.."));
    libraries.put("session", List.of("com.sun.management.."));
    libraries.put("engines", List.of("org.jetbrains.lincheck..", "org.jetbrains.kotlinx.lincheck..", "kotlin.."));
    libraries.put("check.format", List.of("tools.jackson..", "javax.xml.stream"));
    libraries.put("junit", List.of("org.junit.jupiter..", "org.junit.platform.commons.support.."));
    libraries.put("cli", List.of("picocli..", "tools.jackson..", "com.fasterxml.jackson.."));
  }

  @SafeVarargs
  private static List<String> join(List<String>... parts) {
    List<String> all = new ArrayList<>();
    for (List<String> part : parts) {
      all.addAll(part);
    }
    return all;
  }

  /** Yields one rule a row. */
  List<ArchRule> rules() {
    List<ArchRule> rules = new ArrayList<>();
    rows.forEach((name, seen) -> {
      List<String> visible = new ArrayList<>(List.of("java..", "org.jspecify..", root + "." + name));
      visible.addAll(libraries.getOrDefault(name, List.of()));
      seen.forEach(other -> visible.add(root + "." + other));
      rules.add(classes().that().resideInAPackage(root + "." + name)
          .should().onlyDependOnClassesThat(resideInAnyPackage(visible.toArray(String[]::new))
              .or(describe("int and the like", type -> type.isPrimitive() || type.isArray())))
          .as("arrows from " + name)
          .because("arrows point one way and a library has one home (Akka in actors, picocli and Jackson in cli, HOCON "
              + "in scenario.file): ask the package below for what is needed, as a value or an interface of its own"));
    });
    return rules;
  }

  /** Yields a rule that fails for classes in a package that has no row. */
  ArchRule everyPackageHasARow() {
    String[] packages = rows.keySet().stream().map(name -> root + "." + name).toArray(String[]::new);
    return classes().should().resideInAnyPackage(packages).as("every package has a row")
        .because("a package whose arrows nobody has written down has none that can be kept: add its row");
  }
}
