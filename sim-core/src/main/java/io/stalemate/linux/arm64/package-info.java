/**
 * Kernel text of {@code arch/arm64/kvm}: the stage-2 table and its walkers, fault handling, the vCPU run loop and the
 * MMU-notifier callbacks, for the eras v5.15, v6.2 and v6.12.
 *
 * <p>Start at {@link io.stalemate.linux.arm64.UserMemAbort}, then {@link io.stalemate.linux.arm64.KvmPgtable}. An era
 * is a subclass; so is a known race, which overrides one step.
 *
 * <p>May import: {@code io.stalemate.machine}, {@code io.stalemate.cpu}, {@code io.stalemate.linux} and below.
 */
@NullMarked
package io.stalemate.linux.arm64;

import org.jspecify.annotations.NullMarked;
