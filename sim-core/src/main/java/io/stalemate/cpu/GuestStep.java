package io.stalemate.cpu;

/** One step of a guest's program. */
public sealed interface GuestStep permits GuestInstruction, Hypercall {}
