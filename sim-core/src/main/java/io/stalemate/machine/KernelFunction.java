package io.stalemate.machine;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/** Names the kernel function a method renders: where to open the kernel beside the model. Splats print the name. */
@Documented
@Retention(RetentionPolicy.RUNTIME)
@Target(ElementType.METHOD)
public @interface KernelFunction {

  /** The function's name in the kernel, for example {@code user_mem_abort}. */
  String value();

  /** Path below the kernel's root, for example {@code arch/arm64/kvm/mmu.c}. */
  String file();

  /** The release or releases whose text was followed, for example {@code v6.12} or {@code v5.15-v6.2}. */
  String version();

  /** What the rendering leaves out, in a few words; empty when nothing that matters was left out. */
  String elided() default "";
}
