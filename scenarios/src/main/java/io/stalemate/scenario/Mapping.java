package io.stalemate.scenario;

/**
 * A mapping of the host process that exists when the tasks start.
 *
 * @param name by which memslots and actions of the file refer to it
 * @param hva its first page
 * @param pages number of pages
 * @param shift log2 of the pages that one leaf covers; 0 except for hugetlb
 * @param populate whether its pages are there from the start
 * @param mte whether the host maps it with PROT_MTE; its pages have tags of 0 then
 */
public record Mapping(
    String name, long hva, long pages, MappingKind kind, int shift, boolean writable, boolean populate, boolean mte) {
  public Mapping {
    Limits.check(name);
    Limits.check("hva", hva, 0, Limits.HVA_PAGES - 1);
    Limits.check("pages", pages, 1, Limits.HVA_PAGES - hva);
  }

  /** A mapping without PROT_MTE. */
  public Mapping(
      String name, long hva, long pages, MappingKind kind, int shift, boolean writable, boolean populate) {
    this(name, hva, pages, kind, shift, writable, populate, false);
  }

  /** The page after its last. */
  public long hvaEnd() {
    return hva + pages;
  }
}
