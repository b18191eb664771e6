package io.stalemate.machine;

/**
 * The page allocator and the memory behind the frames. A page frame number (pfn, never 0) names a frame; a freed frame
 * is handed out again first (last in, first out), with a new generation, so that stale users of it show.
 */
public interface Pages {

  /** What {@link #alloc} yields when the allocation was told to fail. */
  long NO_PAGE = 0;

  /**
   * Yields the pfn of a zeroed page of {@code words} words, or {@link #NO_PAGE}. A world may be told which allocation
   * of a use fails. {@link Gfp#KERNEL} may sleep.
   */
  long alloc(PageUse use, int words, Gfp gfp);

  /** Hands a frame back. The caller says that nobody reaches it any more; oracles check that. */
  void free(long pfn);

  /** Yields the words of a frame ({@code page_address()}); stays usable after {@link #free}, as memory does. */
  WordArray words(long pfn);

  /** Words of {@link #tags}: tags of half a page each, enough for a copy to be partial. */
  int TAG_WORDS = 2;

  /** In a tag word nobody has written yet: tags that an owner before this world left there. Ored with the pfn. */
  long STALE_TAGS = 1L << 40;

  /**
   * Yields the allocation tags (MTE) of a user frame, a word for half of its 256 granules. Neither {@link #alloc} nor
   * {@link #clear} touches them: what is there is whatever the frame's last owner left.
   */
  WordArray tags(long pfn);

  /** {@code clear_highpage()}: the user page's data becomes a fresh zero token; yields the token. One operation. */
  long clear(long pfn);

  /** {@code copy_highpage()}: copies the data of user page {@code from} to {@code to}. One operation. */
  void copy(long to, long from);
}
