package io.stalemate.architecture;

import static com.tngtech.archunit.base.DescribedPredicate.describe;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.SimpleConditionEvent.violated;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.fields;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaField;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.lang.ArchCondition;
import com.tngtech.archunit.lang.ArchRule;
import com.tngtech.archunit.lang.ConditionEvents;
import io.stalemate.actors.Worlds;
import io.stalemate.scenario.Scenario;
import io.stalemate.session.Runner;
import io.stalemate.sim.World;
import java.net.URL;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The rules of the whole tree; what binds sim-core alone is tested there. */
final class ArchitectureTest {

  private static final String ROOT = "io.stalemate";
  private static final String PLANTED = "io.stalemate.architecture.planted";
  private static final JavaClasses CORE = new ClassFileImporter().importUrl(home(World.class));
  private static final JavaClasses ABOVE =
      new ClassFileImporter().importUrls(List.of(home(Scenario.class), home(Worlds.class), home(Runner.class)));
  private static final JavaClasses CANARIES = new ClassFileImporter().importPackages(PLANTED);
  private static final List<String> MUTABLE = List.of("java.util.ArrayList", "java.util.HashMap", "java.util.HashSet",
      "java.util.LinkedHashMap", "java.util.TreeMap", "java.lang.StringBuilder", "java.lang.ThreadLocal");

  /** Of XML, what only writes. Arrows says who may. */
  private static final List<String> WRITERS = List.of("javax.xml.stream.XMLOutputFactory",
      "javax.xml.stream.XMLStreamWriter", "javax.xml.stream.XMLStreamException");

  private static URL home(Class<?> type) {
    return type.getProtectionDomain().getCodeSource().getLocation();
  }

  /** Every rule, for the tree below {@code root}. */
  private static List<ArchRule> rules(String root) {
    Arrows arrows = new Arrows(root);
    List<ArchRule> rules = new ArrayList<>(arrows.rules());
    rules.add(arrows.everyPackageHasARow());
    rules.add(fields().that().areStatic().should(beImmutable()).as("no static state")
        .because("worlds and workers run side by side: give the object that needs it a field"));
    rules.add(fields().that().areDeclaredInClassesThat().resideInAPackage(root + ".race..").should().beFinal()
        .as("races keep no state")
        .because("a race is kernel text, and a field that changes is shared state without an event: make it a Word"));
    rules.add(noClasses().should().dependOnClassesThat(
            resideInAnyPackage("javax.xml..", "org.w3c..", "org.xml..", "org.yaml..")
                .and(describe("read", type -> !WRITERS.contains(type.getName()))))
        .orShould().dependOnClassesThat().haveFullyQualifiedName("java.io.ObjectInputStream")
        .as("no format that runs what it reads")
        .because("files come from strangers: HOCON through scenario.file, or a line format of our own"));
    rules.add(noClasses().should().dependOnClassesThat().resideInAnyPackage("jdk.internal..", "sun..")
        .as("no JDK internals").because("they change: sim.Coroutine alone touches them"));
    rules.add(classes().should(liveInAMarkedPackage()).as("packages are @NullMarked")
        .because("null stays inside a method: add a package-info that says what the package is, marked @NullMarked"));
    return rules;
  }

  private static ArchCondition<JavaField> beImmutable() {
    return new ArchCondition<>("be final and immutable") {
      @Override
      public void check(JavaField field, ConditionEvents events) {
        String type = field.getRawType().getName();
        if (!field.getModifiers().contains(JavaModifier.FINAL) || MUTABLE.contains(type)
            || type.startsWith("java.util.concurrent.")) {
          events.add(violated(field, field.getDescription() + " is static state"));
        }
      }
    };
  }

  private static ArchCondition<JavaClass> liveInAMarkedPackage() {
    return new ArchCondition<>("live in a marked package") {
      @Override
      public void check(JavaClass type, ConditionEvents events) {
        if (!type.getPackage().isAnnotatedWith("org.jspecify.annotations.NullMarked")) {
          events.add(violated(type, type.getPackageName() + " has no package-info with @NullMarked"));
        }
      }
    };
  }

  private static Stream<ArchRule> ours() {
    return rules(ROOT).stream();
  }

  @ParameterizedTest
  @MethodSource("ours")
  void holds(ArchRule rule) {
    rule.check(ABOVE);
  }

  @Test
  void simCoreSeesNothingAboveItAndNoLibrary() {
    classes().should().onlyDependOnClassesThat(describe("sim-core, the JDK or JSpecify", type ->
            CORE.contain(type.getBaseComponentType().getName()) || type.getBaseComponentType().isPrimitive()
                || Stream.of("java.", "jdk.internal.vm.", "org.jspecify.").anyMatch(type.getName()::startsWith)
                || type.isArray()))
        .because("sim-core is what everything stands on: move the class up, or hand it what it needs")
        .check(CORE);
  }

  @Test
  void allModulesAreChecked() {
    assertThat(CORE.contain(World.class)).isTrue();
    assertThat(List.of(Scenario.class, Worlds.class, Runner.class)).allMatch(ABOVE::contain);
    assertThat(ABOVE.contain(ArchitectureTest.class)).isFalse();
  }

  /** Yields the rules that the planted class {@code name} breaks. */
  private static List<String> brokenBy(String name) {
    JavaClasses planted = CANARIES.that(describe(name, type -> type.getName().equals(PLANTED + "." + name)));
    assertThat(planted).as(name).isNotEmpty();
    return rules(PLANTED).stream()
        .filter(rule -> rule.allowEmptyShould(true).evaluate(planted).hasViolation())
        .map(rule -> rule.getDescription().replaceAll(", because.*", ""))
        .toList();
  }

  @Test
  void plantedClassesBreakTheRuleTheyWerePlantedFor() {
    assertThat(brokenBy("scenario.SeesTheWorld")).containsExactly("arrows from scenario");
    assertThat(brokenBy("session.SeesAkka")).containsExactly("arrows from session");
    assertThat(brokenBy("report.ReadsXml")).containsExactlyInAnyOrder(
        "no format that runs what it reads", "arrows from report");
    assertThat(brokenBy("report.WritesXml")).containsExactly("arrows from report");
    assertThat(brokenBy("check.format.ReadsXml")).containsExactly("no format that runs what it reads");
    assertThat(brokenBy("check.format.WritesXml")).isEmpty();
    assertThat(brokenBy("session.CountsForAll")).containsExactly("no static state");
    assertThat(brokenBy("race.KeepsState")).containsExactly("races keep no state");
    assertThat(brokenBy("session.MakesACoroutine")).containsExactly("arrows from session", "no JDK internals");
    assertThat(brokenBy("Unplaced")).containsExactly("every package has a row", "packages are @NullMarked");
    assertThat(brokenBy("session.Behaves")).isEmpty();
  }
}
