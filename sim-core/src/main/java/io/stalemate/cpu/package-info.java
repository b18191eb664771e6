/**
 * The guest's side of memory virtualisation: what a physical CPU does with a guest's accesses, with no lock of the
 * kernel's: TLB, hardware table walk, fault. Also the stage-2 format, which hardware and kernel must agree on.
 *
 * <p>Start at {@link io.stalemate.cpu.GuestCpu}; {@link io.stalemate.cpu.StageTwoPte} is the descriptor format,
 * {@link io.stalemate.cpu.StageTwoGeometry} the shape of the tables, {@link io.stalemate.cpu.Syndrome} what a fault
 * tells the kernel.
 *
 * <p>May import: {@code io.stalemate.machine}.
 */
@NullMarked
package io.stalemate.cpu;

import org.jspecify.annotations.NullMarked;
