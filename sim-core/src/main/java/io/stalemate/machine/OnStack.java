package io.stalemate.machine;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * A structure that kernel text keeps on one task's stack, such as {@code struct kvm_page_fault} or an iterator: its
 * fields change without an event, because no other task can reach it. Everything shared is in words.
 */
@Target(ElementType.TYPE)
@Retention(RetentionPolicy.CLASS)
public @interface OnStack {}
