package io.stalemate.linux.kvm;

import io.stalemate.linux.Errno;
import io.stalemate.machine.Gfp;
import io.stalemate.machine.KernelFunction;
import io.stalemate.machine.Machine;
import io.stalemate.machine.PageUse;
import io.stalemate.machine.Pages;
import io.stalemate.machine.Word;
import io.stalemate.machine.WordArray;

/**
 * {@code struct kvm_mmu_memory_cache}: page-table pages allocated where sleeping is allowed, for use under mmu_lock.
 * Not shared: its owner, a vCPU or the holder of slots_lock, is the only one to touch it.
 */
public class MmuMemoryCache {
  protected final Machine m;
  private final int tableWords;
  private final int capacity;
  /** {@code KVM_ARCH_NR_OBJS_PER_MEMORY_CACHE}: what a top-up fills a cache to. */
  private static final int NR_OBJS = 40;

  // model: of the pages of a full cache only {@link #capacity} are really allocated; the others are counted, and drawn
  // when they are needed, so that a schedule is not made of allocations.
  private final int spares;
  private final Word spare;
  private final Word nobjs;
  private final WordArray objects;

  /**
   * An empty cache.
   *
   * @param owner key that tells caches apart in traces, for example the vCPU's id
   * @param tableWords entries of one table
   * @param capacity number of pages that {@link #topup} allocates at once, at most 40
   */
  public MmuMemoryCache(Machine m, int owner, int tableWords, int capacity) {
    this(m, "mmu_page_cache", owner, tableWords, capacity, NR_OBJS - capacity);
  }

  /**
   * An empty cache called {@code name}.
   *
   * @param spares pages that {@link #topup} counts beyond the {@code capacity} it allocates
   */
  public MmuMemoryCache(Machine m, String name, int owner, int tableWords, int capacity, int spares) {
    this.m = m;
    this.tableWords = tableWords;
    this.capacity = capacity;
    this.spares = spares;
    this.spare = m.word(name + "->spare", owner, 0);
    this.nobjs = m.word(name + "->nobjs", owner, 0);
    this.objects = m.words(name + "[" + owner + "]->objects", capacity);
  }

  /** Fills the cache. Yields 0 if it then holds at least {@code min} pages, else -ENOMEM. May sleep. */
  @KernelFunction(value = "kvm_mmu_topup_memory_cache", file = "virt/kvm/kvm_main.c", version = "v5.15-v6.12")
  public int topup(int min) {
    m.mightSleep();
    int n = (int) nobjs.read();
    if (n >= min) {
      return 0;
    }
    while (n < capacity) {
      long pfn = m.pages().alloc(PageUse.TABLE, tableWords, Gfp.KERNEL);
      if (pfn == Pages.NO_PAGE) {
        return n >= min ? 0 : -Errno.ENOMEM;
      }
      objects.at(n).write(pfn);
      n++;
      nobjs.write(n);
    }
    spare.write(spares);
    return 0;
  }

  /** Yields the pfn of a zeroed table, or {@link Pages#NO_PAGE} if the cache is empty and so is the atomic pool. */
  @KernelFunction(value = "kvm_mmu_memory_cache_alloc", file = "virt/kvm/kvm_main.c", version = "v5.15-v6.12")
  public long alloc() {
    int n = (int) nobjs.read();
    long more = spare.read();
    if (n == 0 && more > 0) {
      spare.write(more - 1);
      return m.pages().alloc(PageUse.TABLE, tableWords, Gfp.ATOMIC);
    }
    if (m.warnOn(n == 0, "kvm_mmu_memory_cache_alloc from an empty cache")) {
      return m.pages().alloc(PageUse.TABLE, tableWords, Gfp.ATOMIC);
    }
    nobjs.write(n - 1);
    return objects.at(n - 1).read();
  }

  /** Gives all pages back. */
  @KernelFunction(value = "kvm_mmu_free_memory_cache", file = "virt/kvm/kvm_main.c", version = "v5.15-v6.12")
  public void free() {
    spare.write(0);
    for (int n = (int) nobjs.read(); n > 0; n--) {
      nobjs.write(n - 1);
      m.pages().free(objects.at(n - 1).read());
    }
  }

  /** {@code mc->nobjs}: how many pages {@link #alloc} can yield. Its owner's to ask. */
  public int nobjs() {
    return (int) (nobjs.read() + spare.read());
  }

  /** Pages in the cache: what the accounting oracle takes off. */
  public int pages() {
    return (int) nobjs.read();
  }
}
