package io.stalemate.linux.x86;

import io.stalemate.machine.Machine;
import io.stalemate.machine.Word;
import io.stalemate.machine.WordArray;

/**
 * {@code struct kvm_mmu_page}: a page of the nested table. model: what the kernel keeps beside the table lies behind it
 * in the same page, so that whoever knows the frame finds it ({@code page_private()}).
 *
 * @param pfn frame of the table
 * @param entries number of entries
 * @param words the page's words
 */
public record KvmMmuPage(long pfn, int entries, WordArray words) {

  /** Words behind the entries. */
  public static final int HEADER_WORDS = 5;

  private static final int ROLE = 0;
  private static final int GFN = 1;
  private static final int ROOT_COUNT = 2;
  private static final int LINK = 3;
  private static final int SCHEDULED_ROOT_TO_ZAP = 4;

  /** {@code role.invalid}: set under mmu_lock(w), never cleared. */
  public static final long ROLE_INVALID = 1L << 8;

  private static final long LEVEL_MASK = 0xf;

  /** {@code to_shadow_page()}: the page in frame {@code pfn} with {@code entries} entries. */
  public static KvmMmuPage at(Machine m, long pfn, int entries) {
    return new KvmMmuPage(pfn, entries, m.pages().words(pfn));
  }

  /** The entry at {@code index}. */
  public Word sptep(int index) {
    return words.at(index);
  }

  /** {@code role}: level and flags. */
  public Word role() {
    return words.at(entries + ROLE);
  }

  /** First gfn that the table translates. */
  public Word gfn() {
    return words.at(entries + GFN);
  }

  /** {@code tdp_mmu_root_count}: references to a root. */
  public Word rootCount() {
    return words.at(entries + ROOT_COUNT);
  }

  /** {@code link.next}: pfn of the root behind this one in {@code tdp_mmu_roots}, 0 for the last. */
  public Word link() {
    return words.at(entries + LINK);
  }

  /** {@code tdp_mmu_scheduled_root_to_zap}: 1 if whoever invalidated the root has to zap it; guarded by slots_lock. */
  public Word scheduledRootToZap() {
    return words.at(entries + SCHEDULED_ROOT_TO_ZAP);
  }

  /** The level of {@code role}. */
  public static int level(long role) {
    return (int) (role & LEVEL_MASK);
  }

  /** Whether {@code role} is that of a root that was made invalid. */
  public static boolean invalid(long role) {
    return (role & ROLE_INVALID) != 0;
  }
}
