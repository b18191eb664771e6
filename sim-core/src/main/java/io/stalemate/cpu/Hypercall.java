package io.stalemate.cpu;

/**
 * A call of the hypervisor ({@code HVC}) by the SMC calling convention.
 *
 * @param function what is called: {@code x0}, of which 32 bits count
 * @param argument its first argument: {@code x1}
 */
public record Hypercall(long function, long argument) implements GuestStep {}
