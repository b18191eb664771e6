package io.stalemate.session;

/**
 * One kernel function of a call stack.
 *
 * @param function its name in the kernel, for example {@code user_mem_abort}
 * @param file the file it is in, below the kernel's root, for example {@code arch/arm64/kvm/mmu.c}
 */
public record Frame(String function, String file) {}
