package io.stalemate.architecture;

import static com.tngtech.archunit.base.DescribedPredicate.describe;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.lang.ArchRule;
import com.tngtech.archunit.lang.EvaluationResult;
import io.stalemate.sim.World;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The rules of this module hold, and each kind of rule is shown to fail on a class planted to break it. */
final class ArchitectureTest {

  private static final String ROOT = "io.stalemate";
  private static final String PLANTED = "io.stalemate.architecture.planted";
  private static final JavaClasses MODULE =
      new ClassFileImporter().importUrl(World.class.getProtectionDomain().getCodeSource().getLocation());
  private static final JavaClasses CANARIES = new ClassFileImporter().importPackages(PLANTED);

  /** Every rule, for the tree below {@code root}. */
  private static List<ArchRule> rules(String root) {
    String[] kernelText = {root + ".linux..", root + ".yardstick.."};
    Arrows arrows = new Arrows(root);
    List<ArchRule> rules = new ArrayList<>(arrows.rules());
    rules.add(arrows.everyPackageHasARow());
    rules.addAll(Determinism.rules());
    rules.add(Shapes.noStaticState());
    rules.add(Shapes.kernelTextHasFinalFieldsOnly(kernelText));
    rules.add(Shapes.kernelTextHasNoConcurrency(kernelText));
    rules.add(Shapes.onlyTouchesTheJdkInternalsIn(root + ".sim.Coroutine"));
    rules.add(Shapes.packagesAreNullMarked());
    return rules;
  }

  private static Stream<ArchRule> ours() {
    return rules(ROOT).stream();
  }

  @ParameterizedTest
  @MethodSource("ours")
  void holds(ArchRule rule) {
    rule.check(MODULE);
  }

  @Test
  void theModuleIsWhatIsChecked() {
    assertThat(MODULE.contain("io.stalemate.sim.World")).isTrue();
    assertThat(MODULE.contain("io.stalemate.architecture.ArchitectureTest")).isFalse();
  }

  /** Yields the rules that the planted class {@code name}, with nothing else checked, breaks. */
  private static List<String> brokenBy(String name) {
    JavaClasses planted = CANARIES.that(describe(name, type -> type.getName().equals(PLANTED + "." + name)));
    assertThat(planted).as(name).isNotEmpty();
    List<String> broken = new ArrayList<>();
    for (ArchRule rule : rules(PLANTED)) {
      EvaluationResult result = rule.allowEmptyShould(true).evaluate(planted);
      if (result.hasViolation()) {
        broken.add(rule.getDescription().replaceAll(", because.*", ""));
      }
    }
    return broken;
  }

  private static final String FLOATING = "of [float, double, java.lang.Float, java.lang.Double, java.math.BigDecimal]";

  @Test
  void kernelTextThatSeesAnArchitectureOrTheWorldIsRefused() {
    assertThat(brokenBy("linux.kvm.SeesArm64")).containsExactly("linux.kvm sees machine, linux, linux.mm");
    assertThat(brokenBy("linux.kvm.SeesTheWorld")).containsExactly("linux.kvm sees machine, linux, linux.mm");
  }

  @Test
  void aPackageWithoutARowOrMarkIsRefused() {
    assertThat(brokenBy("nowhere.Unplaced")).containsExactly(
        "classes should reside in any package " + rowsOfPlanted(),
        "classes should be in a package whose package-info has @NullMarked");
  }

  private static String rowsOfPlanted() {
    String text = new Arrows(PLANTED).everyPackageHasARow().getDescription();
    return text.substring(text.indexOf('['), text.indexOf(']') + 1);
  }

  @Test
  void kernelTextWithStateOfItsOwnIsRefused() {
    assertThat(brokenBy("linux.kvm.KeepsState")).containsExactly(
        "fields that are declared in classes that reside in any package "
            + "['" + PLANTED + ".linux..', '" + PLANTED + ".yardstick..'] "
            + "and are declared in classes that are not annotated with @OnStack should be final");
  }

  @Test
  void kernelTextWithAtomicsIsRefused() {
    assertThat(brokenBy("linux.kvm.UsesAtomics")).hasSize(2).allMatch(rule -> rule.contains("java.util.concurrent"));
  }

  @Test
  void staticStateIsRefused() {
    assertThat(brokenBy("sim.CountsForAll")).containsExactly("fields that are static should be final and immutable");
    assertThat(brokenBy("sim.CachesForAll")).containsExactly("fields that are static should be final and immutable");
  }

  @Test
  void jdkInternalsOutsideTheCoroutineAreRefused() {
    assertThat(brokenBy("sim.MakesItsOwnCoroutine"))
        .hasSize(1).allMatch(rule -> rule.contains("['jdk..', 'sun..', 'com.sun..']"));
  }

  @Test
  void whatDiffersBetweenMachinesIsRefused() {
    assertThat(brokenBy("sim.Hashes"))
        .containsExactly("no classes should depend on classes that are a hashed collection");
    assertThat(brokenBy("sim.StartsAThread")).containsExactly("no classes should depend on classes that are a thread");
    assertThat(brokenBy("sim.Draws")).containsExactly("no classes should depend on classes that are randomness");
    assertThat(brokenBy("sim.AsksTheClock")).containsExactly(
        "no classes should depend on classes that reside in a package 'java.time..'",
        "no classes should call code unit where use the clock or the environment");
    assertThat(brokenBy("sim.HashesIdentity"))
        .containsExactly("no classes should call code unit where use an identity hash");
    assertThat(brokenBy("sim.UsesTheLocale"))
        .containsExactly("no classes should call code unit where use the default locale or charset");
    assertThat(brokenBy("sim.Salts"))
        .containsExactly("no classes should call code unit where use a collection with a salted order");
    assertThat(brokenBy("sim.GoesParallel"))
        .containsExactly("no classes should call code unit where use a parallel stream");
    assertThat(brokenBy("sim.Floats")).containsExactly(
        "fields should not have a type " + FLOATING, "methods should not take or yield a type " + FLOATING);
  }

  @Test
  void aPlantedClassThatKeepsTheRulesBreaksNone() {
    assertThat(brokenBy("sim.Behaves")).isEmpty();
    assertThat(brokenBy("linux.arm64.PlantedWalk")).isEmpty();
  }
}
