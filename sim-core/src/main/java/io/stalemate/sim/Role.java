package io.stalemate.sim;

/** What a task is: which kind of actor plays it. */
public enum Role {
  /** A vCPU thread: runs guest code and handles its exits. */
  VCPU,
  /** A host thread inside mmu-notifier callbacks: invalidations, {@code change_pte}, ageing. */
  MMU_NOTIFIER,
  /** A thread in a memslot ioctl. */
  MEMSLOT,
  /** A thread in the memory-attributes ioctl. */
  ATTRIBUTES,
  /** Host memory management: reclaim, migration, KSM, munmap. */
  HOST_MM,
  /** The RCU callback task; goes away with the others. */
  RCU
}
