package io.stalemate.architecture.planted.sim;

import java.util.ArrayList;

/** Shares a list between worlds. */
public final class CachesForAll {
  private static final ArrayList<String> SEEN = new ArrayList<>();

  /** Yields a number that depends on other worlds. */
  public int see(String name) {
    SEEN.add(name);
    return SEEN.size();
  }
}
