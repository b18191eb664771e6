/**
 * Regression tests by pasting a token: {@link io.stalemate.junit.StalemateTest}. JUnit is the user's; it is not in the
 * program's jar.
 *
 * <p>May import: {@code scenario}, {@code oracle}, {@code actors}, {@code session}, {@code check}; JUnit has its home
 * here.
 */
@NullMarked
package io.stalemate.junit;

import org.jspecify.annotations.NullMarked;
