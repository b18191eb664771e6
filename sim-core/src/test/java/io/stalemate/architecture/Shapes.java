package io.stalemate.architecture;

import static com.tngtech.archunit.lang.SimpleConditionEvent.violated;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.fields;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaCodeUnit;
import com.tngtech.archunit.core.domain.JavaField;
import com.tngtech.archunit.core.domain.JavaMethod;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.lang.ArchCondition;
import com.tngtech.archunit.lang.ArchRule;
import com.tngtech.archunit.lang.ConditionEvents;
import io.stalemate.machine.OnStack;
import java.util.List;

/** Rules about what classes hold. */
final class Shapes {

  private static final List<String> MUTABLE = List.of("java.util.ArrayList", "java.util.ArrayDeque",
      "java.util.LinkedHashMap", "java.util.TreeMap", "java.util.EnumMap", "java.lang.StringBuilder",
      "java.lang.ThreadLocal");

  private Shapes() {}

  /** No field that outlives a world and changes. */
  static ArchRule noStaticState() {
    return fields().that().areStatic().should(new ArchCondition<>("be final and immutable") {
      @Override
      public void check(JavaField field, ConditionEvents events) {
        String type = field.getRawType().getName();
        boolean isFinal = field.getModifiers().contains(JavaModifier.FINAL);
        if (!isFinal || MUTABLE.contains(type) || type.startsWith("java.util.concurrent.")) {
          events.add(violated(field, field.getDescription() + " is static state"));
        }
      }
    }).because("worlds run side by side and one after another: give the object that needs it a field");
  }

  /** Kernel text keeps nothing in its objects: shared state is in the machine's words. */
  static ArchRule kernelTextHasFinalFieldsOnly(String... packages) {
    return fields().that().areDeclaredInClassesThat().resideInAnyPackage(packages)
        .and().areDeclaredInClassesThat().areNotAnnotatedWith(OnStack.class).should().beFinal()
        .because("a field that changes is shared state without an event: make it a Word, or a local variable; what one "
            + "task alone has on its stack is marked @OnStack");
  }

  /** Kernel text has the machine's locks and words only. */
  static ArchRule kernelTextHasNoConcurrency(String... packages) {
    return noClasses().that().resideInAnyPackage(packages).should().dependOnClassesThat()
        .resideInAnyPackage("java.util.concurrent..", "java.lang.invoke.VarHandle")
        .orShould().dependOnClassesThat().haveFullyQualifiedName("java.lang.Thread")
        .because("its synchronisation is the kernel's: ask the Machine for a lock, a wait or a Word");
  }

  /** Only one class knows how coroutines are made. */
  static ArchRule onlyTouchesTheJdkInternalsIn(String coroutine) {
    return noClasses().that().doNotHaveFullyQualifiedName(coroutine)
        .should().dependOnClassesThat().resideInAnyPackage("jdk..", "sun..", "com.sun..")
        .because("the JDK's internals change: pause and resume through sim.Coroutine");
  }

  /** Every package says that its types are non-null. */
  static ArchRule packagesAreNullMarked() {
    return classes().should(new ArchCondition<JavaClass>("be in a package whose package-info has @NullMarked") {
      @Override
      public void check(JavaClass type, ConditionEvents events) {
        if (!type.getPackage().isAnnotatedWith("org.jspecify.annotations.NullMarked")) {
          events.add(violated(type, type.getPackageName() + " has no package-info with @NullMarked"));
        }
      }
    }).because("null stays inside a method: add a package-info that says what the package is, marked @NullMarked");
  }

  /** A field condition: the raw type, or an array's element, is none of {@code names}. */
  static ArchCondition<JavaField> notHaveRawTypeIn(List<String> names) {
    return new ArchCondition<>("not have a type of " + names) {
      @Override
      public void check(JavaField field, ConditionEvents events) {
        if (names.contains(field.getRawType().getBaseComponentType().getName())) {
          events.add(violated(field, field.getDescription() + " is a " + field.getRawType().getName()));
        }
      }
    };
  }

  /** A method condition: neither the result nor a parameter is of {@code names}. */
  static ArchCondition<JavaMethod> notYieldTypeIn(List<String> names) {
    return new ArchCondition<>("not take or yield a type of " + names) {
      @Override
      public void check(JavaMethod method, ConditionEvents events) {
        if (names.contains(method.getRawReturnType().getBaseComponentType().getName()) || takes(method, names)) {
          events.add(violated(method, method.getDescription() + " takes or yields one of " + names));
        }
      }
    };
  }

  private static boolean takes(JavaCodeUnit method, List<String> names) {
    return method.getRawParameterTypes().stream()
        .anyMatch(type -> names.contains(type.getBaseComponentType().getName()));
  }
}
