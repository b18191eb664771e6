/**
 * Kernel text of {@code arch/x86/kvm}: so far the pure part of the fault path, error codes and what a guest's tables
 * permit, as the page-fault clean-ups of v6.11 left them.
 *
 * <p>Start at {@link io.stalemate.linux.x86.PfErrorCode}.
 *
 * <p>May import: {@code io.stalemate.machine}.
 */
@NullMarked
package io.stalemate.linux.x86;

import org.jspecify.annotations.NullMarked;
