package io.stalemate.architecture;

import static com.tngtech.archunit.base.DescribedPredicate.describe;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.lang.ArchRule;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Who may see whom in this module: a row a package, and no package without a row. */
final class Arrows {

  private final String root;
  private final Map<String, List<String>> rows = new TreeMap<>();

  /** The arrows of the packages below {@code root}. */
  Arrows(String root) {
    this.root = root;
    rows.put("machine", List.of());
    rows.put("cpu", List.of("machine"));
    rows.put("cpu.x86", List.of("machine", "cpu"));
    rows.put("yardstick", List.of("machine"));
    rows.put("sequential", List.of("machine"));
    rows.put("linux", List.of("machine"));
    rows.put("linux.mm", List.of("machine", "linux"));
    rows.put("linux.kvm", List.of("machine", "linux", "linux.mm"));
    rows.put("linux.arm64", List.of("machine", "cpu", "linux", "linux.mm", "linux.kvm"));
    rows.put("linux.x86", List.of("machine", "cpu", "cpu.x86", "linux", "linux.mm", "linux.kvm"));
    rows.put("linux.arm64.nvhe", List.of("machine", "cpu", "linux", "linux.kvm", "linux.arm64"));
    rows.put("trace", List.of("machine"));
    rows.put("strategy", List.of("trace"));
    rows.put("linearizability", List.of());
    rows.put("oracle", List.of("machine", "trace", "linearizability"));
    rows.put("sim", List.of("machine", "trace", "strategy"));
  }

  /** Yields one rule a row. */
  List<ArchRule> rules() {
    List<ArchRule> rules = new ArrayList<>();
    rows.forEach((name, seen) -> rules.add(
        classes().that().resideInAPackage(root + "." + name).should().onlyDependOnClassesThat(mayBeSeenBy(name, seen))
            .as(name + " sees " + (seen.isEmpty() ? "nothing of ours" : String.join(", ", seen)))
            .because("arrows point one way: let " + name + " take what it needs as a value or through an interface of "
                + "its own, or move the class to a package that may see both")));
    return rules;
  }

  private DescribedPredicate<JavaClass> mayBeSeenBy(String name, List<String> seen) {
    List<String> packages = new ArrayList<>(List.of("java..", "org.jspecify..", root + "." + name));
    seen.forEach(other -> packages.add(root + "." + other));
    DescribedPredicate<JavaClass> visible = resideInAnyPackage(packages.toArray(String[]::new))
        .or(describe("int and the like", type -> type.isPrimitive() || type.isArray()));
    return name.equals("sim") ? visible.or(resideInAnyPackage("jdk.internal.vm")).or(isEnding()) : visible;
  }

  /** A world says how its run ended in the oracles' word for it, and sees nothing else of them. */
  private DescribedPredicate<JavaClass> isEnding() {
    return describe("oracle.Ending", type -> type.getName().equals(root + ".oracle.Ending"));
  }

  /** Yields a rule that fails for classes in a package that has no row. */
  ArchRule everyPackageHasARow() {
    String[] packages = rows.keySet().stream().map(name -> root + "." + name).toArray(String[]::new);
    return classes().should().resideInAnyPackage(packages)
        .because("a package whose arrows nobody has written down has none that can be kept: add its row");
  }
}
