package io.stalemate.machine;

/**
 * The TLBs of all physical CPUs: maintenance as the kernel issues it, and the guest's accesses through them.
 *
 * <p>Shapes: {@code ipa} in bytes, {@code gfn} and {@code pfn} in pages, {@code cpu} from 0, {@code level} as in the
 * architecture (3 = page). Permissions are the bits {@link #READ}, {@link #WRITE}, {@link #EXEC}.
 *
 * <p>An invalidation is complete only after the {@link #dsb} that follows it on the same task; until then the entries
 * it names may still be hit, and a hardware walk that began before may still fill from what it read. After the barrier
 * neither can happen: entries are gone and such walks start again (Arm ARM, "TLB maintenance instructions").
 */
public interface Tlb {

  int READ = 1;
  int WRITE = 2;
  int EXEC = 4;

  /** Level hint "unknown": every leaf level and the walk caches are invalidated. */
  int LEVEL_ANY = -1;

  /** {@link #invept} of all roots. */
  int EVERY_ROOT = -1;

  /** Result of {@link #access}: the access was done through a cached translation. */
  int HIT = 0;
  /** Result of {@link #access}: no translation cached; walk. */
  int MISS = 1;
  /** Result of {@link #access}: the cached translation does not permit the access. */
  int DENIED = 2;

  /**
   * One guest instruction's access on {@code cpu}: looks up the translation and, on a hit that permits it, performs it.
   * One operation, because the barrier that ends an invalidation also waits for accesses that used the old translation.
   *
   * @param value the data token to store; ignored for loads and fetches
   * @return {@link #HIT}, {@link #MISS} or {@link #DENIED}
   */
  int access(int cpu, int vmid, long gfn, Access access, long value);

  /**
   * As {@link #access}, of the tags of the page.
   *
   * @param word which of the page's {@link Pages#TAG_WORDS} tag words
   * @param access {@link Access#LOAD_TAGS} or {@link Access#STORE_TAGS}
   */
  int accessTags(int cpu, int vmid, long gfn, int word, Access access, long value);

  /** Yields the token that the last {@link #access} of the calling task loaded. */
  long loaded();

  /** Yields the level of the translation that made the last {@link #access} of the calling task {@link #DENIED}. */
  int deniedLevel();

  /**
   * A hardware walk for {@code gfn} begins on {@code cpu}; invalidations that complete from now on cancel it. What is
   * cached of {@code gfn} already, on x86 where a walk may follow {@link #DENIED}, goes when the walk ends: a fill
   * replaces it and a fault drops it (Intel SDM, "Operations that Invalidate Cached Mappings").
   */
  void walkBegin(int cpu, int vmid, long gfn);

  /**
   * The walk ends with a leaf: caches it unless the walk was cancelled.
   *
   * @param level the leaf's level, which level hints are compared with
   * @param gfnBase first gfn the leaf covers
   * @param count number of pages it covers
   * @param pfnBase frame that {@code gfnBase} maps to
   * @param permissions of the leaf
   * @return false if an invalidation cancelled the walk: walk again
   */
  boolean fill(int cpu, int vmid, int level, long gfnBase, long count, long pfnBase, int permissions);

  /** The walk ends with a fault. @return false if an invalidation cancelled the walk: walk again */
  boolean walkFault(int cpu, int vmid, long gfn);

  /** {@code TLBI IPAS2E1IS}: broadcast, one IPA; {@code level} hints which leaf level to drop. */
  void tlbiIpa(int vmid, long ipa, int level);

  /** {@code TLBI IPAS2E1}: this CPU alone ({@code cpu}), one IPA. */
  void tlbiIpaLocal(int cpu, int vmid, long ipa, int level);

  /** {@code TLBI RIPAS2E1IS}: broadcast, {@code pages} pages from {@code ipa}. */
  void tlbiRange(int vmid, long ipa, long pages);

  /** {@code TLBI VMALLS12E1IS}: broadcast, everything of one VMID. */
  void tlbiVmid(int vmid);

  /** {@code TLBI ALLE1IS}: broadcast, everything. */
  void tlbiAll();

  /** {@code DSB ISHST}: page-table stores before it are seen by walks that begin after it. */
  void dsbIshst();

  /** {@code DSB ISH} (or {@code NSH} for a local invalidation): completes the caller's invalidations. */
  void dsb();

  /**
   * x86's {@code INVEPT} on {@code cpu}, by the task that runs on it: drops what that CPU cached of the table with root
   * page {@code root}, which stands in for the VMID there; {@link #EVERY_ROOT} drops everything. Complete at once: no
   * barrier follows, and no other CPU takes part.
   */
  void invept(int cpu, int root);
}
