package io.stalemate.linux.mm;

/** What a VMA maps. */
public enum VmaKind {
  /** No VMA. */
  NONE,
  /** Private anonymous memory: swapped, merged, copied on write. */
  ANON,
  /** hugetlbfs: a mapping of huge pages, each faulted and unmapped as one. */
  HUGETLB,
  /** {@code VM_PFNMAP}: a driver's frames, mapped when the VMA is made and unknown to GUP. */
  PFNMAP,
  /** {@code VM_SHARED} shmem: pages belong to a page cache and outlive the mapping. */
  SHARED
}
