package io.stalemate.sequential;

import io.stalemate.machine.Gfp;
import io.stalemate.machine.PageUse;
import io.stalemate.machine.Pages;
import io.stalemate.machine.Word;
import io.stalemate.machine.WordArray;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** The page allocator: frames of one use and size are handed out again last in, first out. */
public final class SequentialPages implements Pages {

  private static final long FIRST_PFN = 0x100;

  private final AtomicDepth atomic;
  private final List<Frame> frames = new ArrayList<>();
  private final List<Deque<Frame>> freed = new ArrayList<>();
  private final Map<Long, Word> beyond = new TreeMap<>();
  private final int[] allocated = new int[PageUse.values().length];
  private int left = Integer.MAX_VALUE;
  private long zeroTokens;

  SequentialPages(AtomicDepth atomic) {
    this.atomic = atomic;
    for (int use = 0; use < allocated.length; use++) {
      freed.add(new ArrayDeque<>());
    }
  }

  private static final class Frame {
    final long pfn;
    final PageUse use;
    final SequentialWordArray words;
    @Nullable SequentialWordArray tags;
    boolean free;

    Frame(long pfn, PageUse use, int words) {
      this.pfn = pfn;
      this.use = use;
      this.words = new SequentialWordArray(words, 0);
    }
  }

  /** Frames of {@code use} that are allocated now. */
  public int allocated(PageUse use) {
    return allocated[use.ordinal()];
  }

  /** Whether {@code pfn} is allocated now. */
  public boolean isAllocated(long pfn) {
    return pfn >= FIRST_PFN && pfn < FIRST_PFN + frames.size() && !frame(pfn).free;
  }

  /** From now on {@code allocations} allocations succeed, and all after them fail. */
  public void failAfter(int allocations) {
    left = allocations;
  }

  @Override
  public long alloc(PageUse use, int words, Gfp gfp) {
    if (gfp == Gfp.KERNEL) {
      atomic.mightSleep("allocation with GFP_KERNEL");
    }
    if (left == 0) {
      return NO_PAGE;
    }
    left -= left == Integer.MAX_VALUE ? 0 : 1;
    allocated[use.ordinal()]++;
    Deque<Frame> ofUse = freed.get(use.ordinal());
    Frame last = ofUse.peekLast();
    if (last != null && last.words.length() == words) {
      ofUse.removeLast();
      last.words.fill(0);
      last.free = false;
      return last.pfn;
    }
    Frame frame = new Frame(FIRST_PFN + frames.size(), use, words);
    frames.add(frame);
    return frame.pfn;
  }

  @Override
  public void free(long pfn) {
    Frame frame = frame(pfn);
    if (frame.free) {
      throw new IllegalStateException("pfn 0x" + Long.toHexString(pfn) + " is freed twice");
    }
    frame.free = true;
    allocated[frame.use.ordinal()]--;
    freed.get(frame.use.ordinal()).addLast(frame);
  }

  @Override
  public WordArray words(long pfn) {
    return frame(pfn).words;
  }

  @Override
  public WordArray tags(long pfn) {
    Frame frame = frame(pfn);
    SequentialWordArray tags = frame.tags;
    if (tags == null) {
      tags = new SequentialWordArray(TAG_WORDS, STALE_TAGS | pfn);
      frame.tags = tags;
    }
    return tags;
  }

  @Override
  public long clear(long pfn) {
    long token = --zeroTokens;
    words(pfn).at(0).write(token);
    return token;
  }

  @Override
  public void copy(long to, long from) {
    words(to).at(0).write(words(from).at(0).read());
  }

  /** The data of {@code pfn}, which need not come from here: a guest's tables may name any frame. */
  Word data(long pfn) {
    if (pfn >= FIRST_PFN && pfn < FIRST_PFN + frames.size()) {
      return words(pfn).at(0);
    }
    return beyond.computeIfAbsent(pfn, absent -> SequentialWord.of(0));
  }

  private Frame frame(long pfn) {
    long index = pfn - FIRST_PFN;
    if (index < 0 || index >= frames.size()) {
      throw new IllegalStateException("no page frame 0x" + Long.toHexString(pfn));
    }
    return frames.get((int) index);
  }
}
