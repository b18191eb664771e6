package io.stalemate.linux.arm64;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.params.provider.EnumSource;

/** Runs a test of one parameter, the era, on each that arm64 is rendered for. */
@Target(ElementType.METHOD)
@Retention(RetentionPolicy.RUNTIME)
@EnumSource(names = "V6_8", mode = EnumSource.Mode.EXCLUDE)
public @interface EachEra {}
