package io.stalemate.check;

import io.stalemate.session.Verdict;
import java.util.List;

/**
 * What was checked together: the pinned tokens, one scenario on all its kernels, or the canaries.
 *
 * @param name for example {@code attr-vs-fault} or {@code pinned tokens}
 * @param kernel system and era, for example {@code kvm-x86 v6.12}; empty if it has none or several
 * @param title of the scenario, in words
 * @param claims what was found true or false
 * @param summary what was run and closed, in one line: {@code bound 2 closed (4,211 schedules), 9,174 random}
 * @param schedules number of runs
 * @param nanos time on its worker
 */
public record Suite(
    String name, String kernel, String title, List<Claim> claims, String summary, long schedules, long nanos) {

  /** The worst verdict of the claims. */
  public Verdict verdict() {
    return claims.stream().map(Claim::verdict).reduce(Verdict.PASS, Verdict::and);
  }
}
