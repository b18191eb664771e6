package io.stalemate.architecture;

import static com.tngtech.archunit.base.DescribedPredicate.describe;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.fields;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.methods;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaCall;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.lang.ArchRule;
import java.util.List;
import java.util.function.Predicate;

/** What a module may not use if a seed is to give the same trace everywhere. */
final class Determinism {

  private static final List<String> NUMBERS =
      List.of("float", "double", "java.lang.Float", "java.lang.Double", "java.math.BigDecimal");

  /** Exceptions to the rule about salted collections, each with its reason. */
  private static final List<String> LOOKED_UP_ONLY = List.of(
      // Two tables from a name in a trace file to its enum constant: asked by key, never iterated.
      "io.stalemate.trace.OpForm");

  private Determinism() {}

  /** Yields all rules. */
  static List<ArchRule> rules() {
    return List.of(
        noType("a hashed collection", List.of("java.util.HashMap", "java.util.HashSet", "java.util.IdentityHashMap",
            "java.util.WeakHashMap", "java.util.Hashtable"),
            "its order differs between JVMs: use an array, ArrayList, LinkedHashMap, TreeMap or EnumMap"),
        noType("a thread", List.of("java.lang.Thread", "java.lang.ThreadLocal", "java.util.Timer"),
            "a world runs on the thread of its caller: leave threads to actors and stress"),
        noPackage("java.util.concurrent..", "a world runs on one thread: a plain field or an ArrayDeque does"),
        noType("randomness", List.of("java.util.Random", "java.util.SplittableRandom", "java.util.UUID",
            "java.security.SecureRandom"), "all randomness comes from a seed: use strategy.Seeded"),
        noPackage("java.util.random..", "all randomness comes from a seed: use strategy.Seeded"),
        noPackage("java.time..", "time in a world is virtual: use trace.CostModel"),
        noPackage("java.text..", "its output depends on the locale: build the text from plain numbers"),
        noCall("the clock or the environment", Determinism::asksTheMachine,
            "a run may depend on its scenario, model and choices alone: hand the value in"),
        noCall("an identity hash", Determinism::hashesIdentity,
            "it differs from run to run: number objects in order of creation"),
        noCall("the default locale or charset", Determinism::usesDefaults,
            "name Locale.ROOT or UTF_8; for hexadecimal use HexFormat or Long.toHexString"),
        noCall("a collection with a salted order", Determinism::makesSalted,
            "its order differs in every process: use List.of, EnumSet, EnumMap, TreeMap or LinkedHashMap"),
        noCall("a parallel stream", call -> List.of("parallelStream", "parallel").contains(call.getName()),
            "its order is the thread pool's: write a loop"),
        fields().should(Shapes.notHaveRawTypeIn(NUMBERS))
            .because("floating point prints and rounds differently across JVMs: use integers and say the unit"),
        methods().should(Shapes.notYieldTypeIn(NUMBERS))
            .because("floating point prints and rounds differently across JVMs: use integers and say the unit"));
  }

  private static ArchRule noType(String what, List<String> names, String instead) {
    return noClasses().should().dependOnClassesThat(
        describe("are " + what, (JavaClass type) -> names.contains(type.getBaseComponentType().getName())))
        .because(instead);
  }

  private static ArchRule noPackage(String name, String instead) {
    return noClasses().should().dependOnClassesThat().resideInAPackage(name).because(instead);
  }

  private static ArchRule noCall(String what, Predicate<JavaCall<?>> calls, String instead) {
    DescribedPredicate<JavaCall<?>> predicate = describe("use " + what, calls);
    return noClasses().should().callCodeUnitWhere(predicate).because(instead);
  }

  private static boolean on(JavaCall<?> call, String owner) {
    return call.getTargetOwner().getName().equals(owner);
  }

  private static boolean asksTheMachine(JavaCall<?> call) {
    return on(call, "java.lang.System") && List.of("nanoTime", "currentTimeMillis", "getenv", "getProperty")
        .contains(call.getName()) || on(call, "java.lang.Runtime");
  }

  private static boolean hashesIdentity(JavaCall<?> call) {
    return on(call, "java.lang.System") && call.getName().equals("identityHashCode")
        || call.getName().equals("hashCode") && (on(call, "java.lang.Object") || on(call, "java.lang.Enum"));
  }

  private static boolean usesDefaults(JavaCall<?> call) {
    List<String> parameters = call.getTarget().getRawParameterTypes().stream().map(JavaClass::getName).toList();
    boolean localised = List.of("format", "formatted", "toLowerCase", "toUpperCase").contains(call.getName())
        && (parameters.isEmpty() || !parameters.getFirst().equals("java.util.Locale"));
    boolean encoded = call.getName().equals("getBytes") && parameters.isEmpty();
    return on(call, "java.lang.String") && (localised || encoded);
  }

  private static boolean makesSalted(JavaCall<?> call) {
    boolean several = !call.getTarget().getRawParameterTypes().isEmpty();
    boolean immutable = (on(call, "java.util.Set") || on(call, "java.util.Map"))
        && List.of("of", "copyOf", "ofEntries").contains(call.getName()) && several;
    boolean collected = on(call, "java.util.stream.Collectors")
        && (List.of("toSet", "toUnmodifiableSet", "toUnmodifiableMap").contains(call.getName())
            || call.getName().equals("toMap") && call.getTarget().getRawParameterTypes().size() < 4
            || call.getName().equals("groupingBy") && call.getTarget().getRawParameterTypes().size() < 3);
    return (immutable || collected) && !LOOKED_UP_ONLY.contains(call.getOriginOwner().getName());
  }
}
