package io.stalemate.sim;

import io.stalemate.machine.Gfp;
import io.stalemate.machine.PageUse;
import io.stalemate.machine.Pages;
import io.stalemate.machine.WordArray;
import io.stalemate.trace.Trace;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The page allocator of a world: frames of one use and size are handed out again last in, first out. */
final class SimPages implements Pages {

  /** The first frame's number: any, but not small enough to be taken for something else in a trace. */
  private static final long FIRST_PFN = 0x100;

  /** Beyond this a frame number is a fault of the simulator. */
  private static final int FRAMES_MAX = 1 << 13;

  private final World world;
  private final List<Frame> frames = new ArrayList<>();
  private final List<Frame> freed = new ArrayList<>();
  private final int[] allocations = new int[PageUse.values().length];
  private WorldOptions options = WorldOptions.of(1);
  private long zeroTokens;

  SimPages(World world) {
    this.world = world;
  }

  /** A frame: its words stay where they are, whatever becomes of it. */
  private static final class Frame {
    final long pfn;
    final PageUse use;
    final SimWordArray words;
    @Nullable SimWordArray tags;
    long generation;

    Frame(long pfn, PageUse use, SimWordArray words) {
      this.pfn = pfn;
      this.use = use;
      this.words = words;
    }
  }

  void begin(WorldOptions newOptions) {
    options = newOptions;
    frames.clear();
    freed.clear();
    Arrays.fill(allocations, 0);
    zeroTokens = 0;
  }

  @Override
  public long alloc(PageUse use, int words, Gfp gfp) {
    if (gfp == Gfp.KERNEL) {
      world.record(Code.MIGHT_SLEEP, 0, 0, 0, 0, 0);
    }
    world.announce(Code.PAGE_ALLOC, 0);
    if (isToFail(use)) {
      world.record(Code.PAGE_ALLOC, 0, NO_PAGE, use.ordinal(), words, 0);
      return NO_PAGE;
    }
    Frame frame = take(use, words);
    frame.generation++;
    int first = frame.words.first();
    world.memory().defineRow(first, words);
    world.record(Code.PAGE_ALLOC, first, frame.pfn, use.ordinal(), words, frame.generation);
    return frame.pfn;
  }

  private boolean isToFail(PageUse use) {
    if (world.current() == Trace.BOOT) {
      return false;
    }
    int nth = ++allocations[use.ordinal()];
    for (WorldOptions.AllocationFailure failure : options.failures()) {
      if (failure.use() == use && failure.nth() == nth) {
        return true;
      }
    }
    return false;
  }

  private Frame take(PageUse use, int words) {
    for (int i = freed.size() - 1; i >= 0; i--) {
      Frame frame = freed.get(i);
      if (frame.use == use && frame.words.length() == words) {
        freed.remove(i);
        return frame;
      }
    }
    return add(use, words);
  }

  private Frame add(PageUse use, int words) {
    long pfn = FIRST_PFN + frames.size();
    int first = world.trace().objects().addPage(name(use), pfn, words);
    Frame frame = new Frame(pfn, use, new SimWordArray(world, options.plainAccessesAreChoices(), first, words));
    frames.add(frame);
    return frame;
  }

  private static String name(PageUse use) {
    return switch (use) {
      case USER -> "page";
      case TABLE -> "table";
      case KERNEL -> "kpage";
    };
  }

  @Override
  public void free(long pfn) {
    Frame frame = frame(pfn);
    world.announce(Code.PAGE_FREE, frame.words.first());
    freed.add(frame);
    world.record(Code.PAGE_FREE, frame.words.first(), pfn, frame.use.ordinal(), 0, frame.generation);
  }

  @Override
  public WordArray words(long pfn) {
    return frame(pfn).words;
  }

  @Override
  public WordArray tags(long pfn) {
    return tagWords(pfn);
  }

  /** Made when first asked for: most worlds have no tags. They hold what an owner before this world left. */
  private SimWordArray tagWords(long pfn) {
    Frame frame = frame(pfn);
    SimWordArray tags = frame.tags;
    if (tags == null) {
      int first = world.trace().objects().addPage("tags", pfn, TAG_WORDS);
      for (int i = 0; i < TAG_WORDS; i++) {
        world.memory().define(first + i, STALE_TAGS | pfn);
      }
      tags = new SimWordArray(world, options.plainAccessesAreChoices(), first, TAG_WORDS);
      frame.tags = tags;
    }
    return tags;
  }

  @Override
  public long clear(long pfn) {
    int word = frame(pfn).words.first();
    world.announce(Code.PAGE_CLEAR, word);
    long token = --zeroTokens;
    world.memory().store(world.current(), word, token, Code.PAGE_CLEAR);
    world.record(Code.PAGE_CLEAR, word, pfn, token, 0, 0);
    return token;
  }

  @Override
  public void copy(long to, long from) {
    int source = frame(from).words.first();
    int target = frame(to).words.first();
    world.announce(Code.PAGE_COPY, source);
    long token = world.memory().load(world.current(), source, Code.PAGE_COPY);
    world.memory().store(world.current(), target, token, Code.PAGE_COPY);
    world.record(Code.PAGE_COPY, target, to, from, token, 0);
  }

  /**
   * Yields the object id of the data word of {@code pfn}. A wrong translation may reach past the last frame that was
   * ever handed out: there is memory too, and it is free.
   */
  int dataWord(long pfn) {
    while (pfn >= FIRST_PFN + frames.size() && frames.size() < FRAMES_MAX) {
      Frame frame = add(PageUse.USER, 1);
      world.memory().defineRow(frame.words.first(), 1);
      freed.add(frame);
    }
    return frame(pfn).words.first();
  }

  /** Yields the object id of tag word {@code word} of {@code pfn}, as {@link #dataWord}. */
  int tagWord(long pfn, int word) {
    dataWord(pfn);
    return tagWords(pfn).first() + word;
  }

  private Frame frame(long pfn) {
    long index = pfn - FIRST_PFN;
    if (index < 0 || index >= frames.size()) {
      throw new WorldFault("no page frame 0x" + Long.toHexString(pfn));
    }
    return frames.get((int) index);
  }
}
