package io.stalemate.linux;

import io.stalemate.linux.kvm.Era;
import java.util.Comparator;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The text that a method follows: a release, {@code v6.12}; a range of releases with both ends included, {@code
 * v5.15-v6.2}; or a series that was never merged, {@code MMIO guard v2}.
 *
 * @param text as written
 * @param ends the first release and the last; empty for a series
 */
record KernelVersions(String text, List<Release> ends) implements Comparable<KernelVersions> {

  private static final Pattern RELEASES = Pattern.compile("v(\\d+)\\.(\\d+)(?:-v(\\d+)\\.(\\d+))?");
  private static final Pattern SERIES = Pattern.compile("[A-Z][A-Za-z0-9-]*( [A-Za-z0-9-]+)* v\\d+");
  /** The last minor number of each major one that the text may name. */
  private static final int V5_LAST = 19;
  private static final int V6_LAST = 19;

  /** A kernel release. */
  record Release(int major, int minor) implements Comparable<Release> {

    /** Refuses a release that there never was. */
    Release {
      int last = switch (major) {
        case 5 -> V5_LAST;
        case 6 -> V6_LAST;
        default -> -1;
      };
      if (minor > last) {
        throw new IllegalArgumentException("v" + major + "." + minor + " is no kernel release that is known here");
      }
    }

    @Override
    public int compareTo(Release other) {
      return Comparator.comparingInt(Release::major).thenComparingInt(Release::minor).compare(this, other);
    }

    @Override
    public String toString() {
      return "v" + major + "." + minor;
    }
  }

  /** Refuses a range that ends before it begins. */
  KernelVersions {
    ends = List.copyOf(ends);
    if (!ends.isEmpty() && ends.getFirst().compareTo(ends.getLast()) > 0) {
      throw new IllegalArgumentException("version " + text + " ends before it begins");
    }
  }

  /** Yields what {@code text} says. */
  static KernelVersions parse(String text) {
    Matcher releases = RELEASES.matcher(text);
    if (releases.matches()) {
      Release first = release(releases, 1);
      return new KernelVersions(text, List.of(first, releases.group(3) == null ? first : release(releases, 3)));
    }
    if (SERIES.matcher(text).matches()) {
      return new KernelVersions(text, List.of());
    }
    throw new IllegalArgumentException("version '" + text + "'; vA.B, vA.B-vC.D or the name of a series with its vN "
        + "is allowed");
  }

  private static Release release(Matcher form, int group) {
    return new Release(Integer.parseInt(form.group(group)), Integer.parseInt(form.group(group + 1)));
  }

  /** Whether this is a series that no release has. */
  boolean isSeries() {
    return ends.isEmpty();
  }

  /** Yields those of these releases that {@code rendered} has; a release between two of it is none of them. */
  List<Era> eras(List<Era> rendered) {
    return isSeries() ? List.of() : rendered.stream().filter(era -> {
      Release release = parse(era.version()).ends().getFirst();
      return ends.getFirst().compareTo(release) <= 0 && release.compareTo(ends.getLast()) <= 0;
    }).toList();
  }

  @Override
  public int compareTo(KernelVersions other) {
    if (isSeries() || other.isSeries()) {
      return Comparator.comparing(KernelVersions::isSeries).thenComparing(KernelVersions::text).compare(this, other);
    }
    return Comparator.<KernelVersions, Release>comparing(each -> each.ends().getFirst())
        .thenComparing(each -> each.ends().getLast()).compare(this, other);
  }

  @Override
  public String toString() {
    return text;
  }
}
