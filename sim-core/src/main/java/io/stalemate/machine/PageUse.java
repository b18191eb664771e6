package io.stalemate.machine;

/** What a page frame is allocated for; traces and the accounting oracle tell the uses apart. */
public enum PageUse {
  /** A page of user memory, one data token. */
  USER,
  /** A page of a stage-2 or TDP page table. */
  TABLE,
  /** Anything else the kernel keeps in a page. */
  KERNEL
}
