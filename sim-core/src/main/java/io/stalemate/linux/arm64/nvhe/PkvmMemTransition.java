package io.stalemate.linux.arm64.nvhe;

import io.stalemate.cpu.StageTwoGeometry;

/**
 * {@code struct pkvm_mem_transition}: pages that change hands, or are lent. A page has the same number for everybody
 * but a guest.
 *
 * @param pfn first page
 * @param nrPages number of pages
 */
public record PkvmMemTransition(PkvmComponent initiator, PkvmComponent completer, long pfn, long nrPages) {

  /** First byte, in the host's addresses. */
  long addr() {
    return pfn << StageTwoGeometry.PAGE_SHIFT;
  }

  /** Bytes. */
  long size() {
    return nrPages << StageTwoGeometry.PAGE_SHIFT;
  }
}
