package io.stalemate.scenario;

import java.util.Collection;
import java.util.Collections;
import java.util.EnumSet;
import java.util.Set;

/** A flag of a memslot. */
public enum SlotFlag implements Worded {
  /** {@code KVM_MEM_READONLY}. */
  READONLY("readonly"),
  /** {@code KVM_MEM_LOG_DIRTY_PAGES}. */
  LOG_DIRTY("log-dirty");

  private final String word;

  SlotFlag(String word) {
    this.word = word;
  }

  @Override
  public String word() {
    return word;
  }

  /** Yields an unmodifiable set of {@code flags} that iterates in the order of declaration. */
  static Set<SlotFlag> ordered(Collection<SlotFlag> flags) {
    EnumSet<SlotFlag> ordered = EnumSet.noneOf(SlotFlag.class);
    ordered.addAll(flags);
    return Collections.unmodifiableSet(ordered);
  }
}
