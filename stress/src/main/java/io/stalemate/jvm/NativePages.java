package io.stalemate.jvm;

import io.stalemate.machine.Gfp;
import io.stalemate.machine.PageUse;
import io.stalemate.machine.Pages;
import io.stalemate.machine.WordArray;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/** Frames that live as long as the machine; freed ones of one use and size are handed out again last in, first out. */
final class NativePages implements Pages {

  private static final long FIRST_PFN = 0x100;
  private static final int FRAMES_MAX = 1 << 20;

  private final AtomicLong zeroTokens = new AtomicLong();
  // By frame number, with room at the end; a frame is there before its number is known to anybody. Copied to grow.
  private volatile @Nullable Frame[] frames = new @Nullable Frame[8];

  // Guarded by freed.
  private final List<Frame> freed = new ArrayList<>();
  private int count;
  // By use: allocations so far, and the numbers of those that fail.
  private final long[] allocations = new long[PageUse.values().length];
  private final List<Failure> failures = new ArrayList<>();

  private record Failure(PageUse use, long number) {}

  private static final class Frame {
    final long pfn;
    final PageUse use;
    final NativeWordArray words;
    final NativeWordArray tags;
    // Guarded by freed.
    boolean free;

    Frame(long pfn, PageUse use, int words) {
      this.pfn = pfn;
      this.use = use;
      this.words = new NativeWordArray(words, 0);
      this.tags = new NativeWordArray(TAG_WORDS, STALE_TAGS | pfn);
    }
  }

  /** See {@link NativeMachine#failAllocation}. */
  void fail(PageUse use, int nth) {
    synchronized (freed) {
      failures.add(new Failure(use, allocations[use.ordinal()] + nth));
    }
  }

  @Override
  public long alloc(PageUse use, int words, Gfp gfp) {
    synchronized (freed) {
      long number = ++allocations[use.ordinal()];
      for (Failure failure : failures) {
        if (failure.use == use && failure.number == number) {
          return NO_PAGE;
        }
      }
      for (int i = freed.size() - 1; i >= 0; i--) {
        Frame frame = freed.get(i);
        if (frame.use == use && frame.words.length() == words) {
          freed.remove(i);
          frame.free = false;
          zero(frame.words);
          return frame.pfn;
        }
      }
      return add(use, words);
    }
  }

  private static void zero(NativeWordArray words) {
    for (int i = 0; i < words.length(); i++) {
      words.at(i).writeOnce(0);
    }
  }

  private long add(PageUse use, int words) {
    if (count == FRAMES_MAX) {
      throw new IllegalStateException("out of page frames: " + FRAMES_MAX + " are in use");
    }
    Frame frame = new Frame(FIRST_PFN + count, use, words);
    @Nullable Frame[] room = count < frames.length ? frames : Arrays.copyOf(frames, count * 2);
    room[count++] = frame;
    // A volatile store also when there was room, which publishes the entry.
    frames = room;
    return frame.pfn;
  }

  @Override
  public void free(long pfn) {
    Frame frame = frame(pfn);
    synchronized (freed) {
      Misuse.check(!frame.free, "pfn 0x" + Long.toHexString(pfn), "freed twice");
      frame.free = true;
      freed.add(frame);
    }
  }

  @Override
  public WordArray words(long pfn) {
    return frame(pfn).words;
  }

  @Override
  public WordArray tags(long pfn) {
    return frame(pfn).tags;
  }

  @Override
  public long clear(long pfn) {
    long token = zeroTokens.decrementAndGet();
    words(pfn).at(0).writeOnce(token);
    return token;
  }

  @Override
  public void copy(long to, long from) {
    words(to).at(0).writeOnce(words(from).at(0).readOnce());
  }

  private Frame frame(long pfn) {
    Frame found = look(pfn);
    if (found == null) {
      // Whoever learned the number from a relaxed load may not see the table's store yet.
      synchronized (freed) {
        found = look(pfn);
      }
    }
    if (found == null) {
      throw new IllegalStateException("no page frame 0x" + Long.toHexString(pfn));
    }
    return found;
  }

  private @Nullable Frame look(long pfn) {
    @Nullable Frame[] all = frames;
    long index = pfn - FIRST_PFN;
    return index < 0 || index >= all.length ? null : all[(int) index];
  }
}
