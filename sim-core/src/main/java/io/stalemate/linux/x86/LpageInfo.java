package io.stalemate.linux.x86;

import io.stalemate.cpu.x86.EptGeometry;
import io.stalemate.linux.kvm.ArchMemorySlot;
import io.stalemate.linux.kvm.KvmMemorySlot;
import io.stalemate.machine.Machine;
import io.stalemate.machine.Word;
import java.util.ArrayList;
import java.util.List;

/**
 * {@code slot->arch}: for each huge page that a slot has a part of, how many reasons there are against a huge leaf
 * ({@code lpage_info}), and for each page how many track what is written to it ({@code gfn_write_track}). Counts are
 * written under mmu_lock(w) once the slot is published, and go with the slot.
 */
public final class LpageInfo implements ArchMemorySlot {

  /** {@code KVM_LPAGE_MIXED_FLAG}: the huge page is made of private and shared pages. Beside the count. */
  public static final long MIXED_FLAG = 1L << 31;

  private static final int FIRST_LEVEL = EptGeometry.LEVEL_4K + 1;

  private final Machine m;
  private final EptGeometry geometry;
  private final long baseGfn;

  /** A list for each level from {@link #FIRST_LEVEL} on, with a word for each huge page. */
  private final List<List<Word>> disallowLpage;
  private final List<Word> gfnWriteTrack;

  /** What {@link LpageInfo} starts with. */
  @FunctionalInterface
  public interface Initial {

    /** The count, flag included, of the huge page at {@code gfn} of {@code level}. */
    long of(long gfn, int level);
  }

  /** For a slot object that is not published yet. */
  public LpageInfo(Machine m, EptGeometry geometry, KvmMemorySlot slot, Initial initial) {
    this.m = m;
    this.geometry = geometry;
    this.baseGfn = slot.baseGfn();
    this.disallowLpage = new ArrayList<>();
    for (int level = FIRST_LEVEL; level <= geometry.maxHugepageLevel(); level++) {
      List<Word> words = new ArrayList<>();
      long first = geometry.roundDown(slot.baseGfn(), level);
      for (long gfn = first; gfn < slot.gfnEnd(); gfn += geometry.pages(level)) {
        words.add(m.word("lpage_info[" + slot.serial() + "][" + level + "]", gfn, initial.of(gfn, level)));
      }
      disallowLpage.add(List.copyOf(words));
    }
    List<Word> track = new ArrayList<>();
    for (long gfn = slot.baseGfn(); gfn < slot.gfnEnd(); gfn++) {
      track.add(m.word("gfn_write_track[" + slot.serial() + "]", gfn, 0));
    }
    this.gfnWriteTrack = List.copyOf(track);
  }

  /** {@code gfn_write_track} of {@code gfn}, which is in the slot: how many track it. Faults read it without lock. */
  public Word gfnWriteTrack(long gfn) {
    return gfnWriteTrack.get((int) (gfn - baseGfn));
  }

  /**
   * {@code lpage_info_slot()->disallow_lpage}: 0 if the huge page around {@code gfn} may be a leaf. Of a level without
   * huge pages the kernel would read past the end: that is a warning, and a word that says no.
   */
  public Word disallowLpage(long gfn, int level) {
    boolean huge = level >= FIRST_LEVEL && level <= geometry.maxHugepageLevel();
    if (m.warnOn(!huge, "lpage_info_slot: no huge pages of this level")) {
      return m.word("lpage_info[none]", 1);
    }
    long pages = geometry.pages(level);
    return disallowLpage.get(level - FIRST_LEVEL).get((int) (gfn / pages - baseGfn / pages));
  }
}
