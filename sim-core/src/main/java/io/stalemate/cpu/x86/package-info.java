/**
 * The guest's side of memory virtualisation on x86: TLB, nested table walk with accessed and dirty bits, fault. Entries
 * have the format of EPT; a SEV-SNP guest's walks use it too, and report faults as #NPF do.
 *
 * <p>Start at {@link io.stalemate.cpu.x86.X86GuestCpu}; {@link io.stalemate.cpu.x86.EptPte} is the entry format,
 * {@link io.stalemate.cpu.x86.EptGeometry} the shape of the tables.
 *
 * <p>May import: {@code io.stalemate.machine}, {@code io.stalemate.cpu}.
 */
@NullMarked
package io.stalemate.cpu.x86;

import org.jspecify.annotations.NullMarked;
