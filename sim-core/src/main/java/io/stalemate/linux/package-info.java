/**
 * What all kernel text shares: error numbers. The text itself is in the packages below, one a part of the kernel:
 * {@code mm} (host memory management), {@code kvm} ({@code virt/kvm}), {@code arm64} ({@code arch/arm64/kvm}).
 *
 * <p>Kernel text is written once, against {@link io.stalemate.machine.Machine} alone. It uses the kernel's names, and
 * what it leaves out is said where it is left out.
 */
@NullMarked
package io.stalemate.linux;

import org.jspecify.annotations.NullMarked;
