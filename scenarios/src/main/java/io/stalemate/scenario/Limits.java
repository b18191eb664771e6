package io.stalemate.scenario;

import java.util.regex.Pattern;

/** What a scenario may ask for at most. Everything a run allocates is bounded by these. */
public final class Limits {

  /** A name of a scenario, task or mapping. */
  public static final Pattern NAME = Pattern.compile("[a-z][a-z0-9-]{0,39}");

  /** The same for messages. */
  public static final String NAME_ALLOWED = "a lower-case letter, then up to 39 of a-z 0-9 - are allowed";

  public static final int TASKS = 16;
  public static final int ACTIONS_PER_TASK = 64;
  public static final int TIMES = 1000;
  public static final int DATA = 0xffff;
  public static final int PAGE_BYTES = 4096;
  /** Bytes of guest memory that one call copies tags for. */
  public static final int BYTES = 1 << 20;
  public static final int CPUS = 16;
  /** Guest frame numbers, and pages of a memslot. */
  public static final int GFNS = 4096;
  /** Page frames of the host. */
  public static final int FRAMES = 4096;
  /** Pages of the host process's address space. */
  public static final int HVA_PAGES = 4096;
  /** Entries of a dirty ring, at least and at most. */
  public static final int RING_ENTRIES_MIN = 4;
  public static final int RING_ENTRIES = 4096;
  public static final int MAPPINGS = 16;
  public static final int MEMSLOTS = 32;
  public static final int ALLOC_FAILURES = 16;
  public static final int ALLOC_NTH = 1000;
  public static final int GOALS = 32;
  public static final int OUTCOMES = 32;
  public static final int STEPS = 1_000_000;
  public static final int STEPS_DEFAULT = 20_000;

  private Limits() {}

  /** @throws IllegalArgumentException unless {@code value} is within {@code least} and {@code most}, both included */
  static void check(String what, long value, long least, long most) {
    if (value < least || value > most) {
      throw new IllegalArgumentException(what + " = " + value + "; " + least + " to " + most + " is allowed");
    }
  }

  /** @throws IllegalArgumentException unless {@code name} matches {@link #NAME} */
  static void check(String name) {
    if (!NAME.matcher(name).matches()) {
      throw new IllegalArgumentException("name '" + name + "'; " + NAME.pattern() + " is allowed");
    }
  }

  /** @throws IllegalArgumentException unless {@code pages} pages from {@code gfn} can be a guest's */
  static void checkGfns(long gfn, long pages) {
    check("gfn", gfn, 0, GFNS - 1);
    check("pages", pages, 1, GFNS - gfn);
  }

  /** @throws IllegalArgumentException unless {@code pages} pages from {@code hva} can be a host process's */
  static void checkHvas(long hva, long pages) {
    check("hva", hva, 0, HVA_PAGES - 1);
    check("pages", pages, 1, HVA_PAGES - hva);
  }
}
