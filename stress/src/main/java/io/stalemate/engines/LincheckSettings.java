package io.stalemate.engines;

/** How Lincheck's model checking is set. Five threads that spin for one lock are called hung by its defaults. */
public enum LincheckSettings {

  /** As it comes, but for the bound on a loop's rounds beyond which it speaks of a hang: 1,000 instead of 50. */
  SHIPPED,
  /** Leaves a loop after two rounds and not after ten: the fastest we know of for this scenario. */
  FASTEST
}
