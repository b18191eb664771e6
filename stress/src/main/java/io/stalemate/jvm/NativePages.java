package io.stalemate.jvm;

import io.stalemate.machine.Gfp;
import io.stalemate.machine.PageUse;
import io.stalemate.machine.Pages;
import io.stalemate.machine.WordArray;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReferenceArray;

/** Frames that live as long as the machine; freed ones of one use and size are handed out again last in, first out. */
final class NativePages implements Pages {

  private static final long FIRST_PFN = 0x100;
  private static final int FRAMES_MAX = 1 << 20;

  private final AtomicReferenceArray<Frame> frames = new AtomicReferenceArray<>(FRAMES_MAX);
  private final AtomicLong zeroTokens = new AtomicLong();

  // Guarded by the list.
  private final List<Frame> freed = new ArrayList<>();
  private int count;

  private record Frame(long pfn, PageUse use, NativeWordArray words, NativeWordArray tags) {}

  @Override
  public long alloc(PageUse use, int words, Gfp gfp) {
    Frame frame = take(use, words);
    for (int i = 0; i < words; i++) {
      frame.words.at(i).writeOnce(0);
    }
    return frame.pfn;
  }

  private Frame take(PageUse use, int words) {
    synchronized (freed) {
      for (int i = freed.size() - 1; i >= 0; i--) {
        Frame frame = freed.get(i);
        if (frame.use == use && frame.words.length() == words) {
          freed.remove(i);
          return frame;
        }
      }
      if (count == FRAMES_MAX) {
        throw new IllegalStateException("out of page frames: " + FRAMES_MAX + " are in use");
      }
      long pfn = FIRST_PFN + count;
      Frame frame = new Frame(
          pfn, use, new NativeWordArray(words, 0), new NativeWordArray(TAG_WORDS, STALE_TAGS | pfn));
      frames.set(count++, frame);
      return frame;
    }
  }

  @Override
  public void free(long pfn) {
    Frame frame = frame(pfn);
    synchronized (freed) {
      Misuse.check(!freed.contains(frame), "pfn 0x" + Long.toHexString(pfn), "freed twice");
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
    long index = pfn - FIRST_PFN;
    Frame frame = index < 0 || index >= FRAMES_MAX ? null : frames.get((int) index);
    if (frame == null) {
      throw new IllegalStateException("no page frame 0x" + Long.toHexString(pfn));
    }
    return frame;
  }
}
