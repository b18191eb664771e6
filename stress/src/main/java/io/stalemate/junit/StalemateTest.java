package io.stalemate.junit;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.api.TestTemplate;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * Runs the schedules of tokens again, a test for each, and fails unless they come out as expected:
 *
 * <pre>
 * &#64;StalemateTest("sx1....")
 * void theRaceOfLastMayStaysAway() {}
 * </pre>
 *
 * <p>Each schedule is run twice. If the runs differ, or the schedule cannot be followed, the test fails with
 * NONDETERMINISM; if nothing is found but the run was cut off, its outcome is not foreseen or its history too hard to
 * judge, with INCONCLUSIVE; if there is a finding and none is expected, with its splat; a damaged token, or one of
 * another model, with the line that says what to do. The method's body runs after that, and may be empty or take what
 * happened as a {@link Replayed}.
 *
 * <p>The tests' JVM needs {@code --add-exports java.base/jdk.internal.vm=ALL-UNNAMED}.
 */
@Documented
@Target({ElementType.METHOD, ElementType.ANNOTATION_TYPE})
@Retention(RetentionPolicy.RUNTIME)
@TestTemplate
@ExtendWith(TokenTests.class)
public @interface StalemateTest {

  /** What a schedule must come to. */
  enum Expect {
    /** No finding. */
    PASS,
    /** A finding: the token shows a known race. */
    FINDING
  }

  /** Tokens, {@code sx1} or {@code sm1}. */
  String[] value();

  /** What each must come to. */
  Expect expect() default Expect.PASS;

  /** With {@link Expect#FINDING}, the oracle whose finding must be the worst; any will do if it is empty. */
  String oracle() default "";

  /** The scenario file that the tokens are of: a resource on the class path (from its root), or a path. */
  String file() default "";

  /** Tries tokens of another model too. What they replay need not be what was found. */
  boolean allowModelDrift() default false;
}
