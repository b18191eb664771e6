package io.stalemate.linux.arm64;

/**
 * {@code struct kvm_arm_copy_mte_tags}: what {@code KVM_ARM_MTE_COPY_TAGS} is asked for.
 *
 * @param guestIpa first byte of guest memory; a multiple of the page size, which is coarser than the 16-byte granules
 *     that tags are for: the review asked for granules, pages were merged because they can be relaxed later
 * @param length bytes of guest memory, likewise
 * @param flags {@link #TAGS_FROM_GUEST} or {@link #TAGS_TO_GUEST}
 * @param reserved0 0, or the kernel refuses: kept for later use
 * @param reserved1 the same
 * @param addr the tags in user space
 */
public record CopyMteTags(long guestIpa, long length, long flags, long reserved0, long reserved1, UserTags addr) {

  /** {@code KVM_ARM_TAGS_TO_GUEST}. */
  public static final long TAGS_TO_GUEST = 0;

  /** {@code KVM_ARM_TAGS_FROM_GUEST}. */
  public static final long TAGS_FROM_GUEST = 1;

  /** Whether guest memory is written. */
  boolean write() {
    return (flags & TAGS_FROM_GUEST) == 0;
  }
}
