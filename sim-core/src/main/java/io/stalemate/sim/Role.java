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
  /** A thread in the dirty-log ioctls. */
  DIRTY_LOG,
  /** Host memory management: reclaim, migration, KSM, munmap. */
  HOST_MM,
  /** A CPU that runs a host behind protected KVM. */
  HOST_CPU,
  /** The RCU callback task; goes away with the others. */
  RCU,
  /** A thread in the ioctl that copies MTE tags. */
  MTE,
  /** A thread that punches holes into a guest_memfd, or closes it. */
  GUEST_MEMFD,
  /** The kernel worker that finishes asynchronous page faults. */
  ASYNC_PF
}
