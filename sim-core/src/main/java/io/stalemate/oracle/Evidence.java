package io.stalemate.oracle;

/**
 * An event that led to a finding.
 *
 * @param event its index in the trace
 * @param role what it did, in the kernel's words, for example {@code "stage-2 map of gfn 0x2"}
 */
public record Evidence(int event, String role) {}
