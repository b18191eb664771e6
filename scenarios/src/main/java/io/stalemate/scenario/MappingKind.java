package io.stalemate.scenario;

/** What backs a host mapping. */
public enum MappingKind implements Worded {
  ANON("anon"),
  HUGETLB("hugetlb"),
  SHARED("shared"),
  PFNMAP("pfnmap");

  private final String word;

  MappingKind(String word) {
    this.word = word;
  }

  @Override
  public String word() {
    return word;
  }
}
