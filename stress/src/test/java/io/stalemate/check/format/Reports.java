package io.stalemate.check.format;

import io.stalemate.check.CheckReport;
import io.stalemate.check.Claim;
import io.stalemate.check.Claim.Kind;
import io.stalemate.check.FoundRace;
import io.stalemate.check.FoundRace.Lock;
import io.stalemate.check.FoundRace.Place;
import io.stalemate.check.FoundRace.Step;
import io.stalemate.check.Suite;
import io.stalemate.check.TokenPlace;
import io.stalemate.oracle.Severity;
import io.stalemate.session.Verdict;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Reports made by hand. */
final class Reports {

  /** What formats stumble over, the last character half of a pair. */
  static final String NASTY = "<a b=\"c\"> & 'd' ]]> e|f `g` ``h`` # i\nj\u0000k\u001b[2Jl\u202em \ud83d\ude00 \uffff "
      + "[n](o) {0} \\p *q* - \"r\\\" \ud800";

  /** Where the failed token of {@link #everything} is pinned. */
  static final TokenPlace PIN = new TokenPlace("./my regressions/mine.tokens", 12, false);

  private static final String TOKEN = "sx1.attr-vs-fault.1501b95.j80p0rg.f0";

  private Reports() {}

  /** Every verdict, every kind of claim, every string nasty. */
  static CheckReport everything() {
    Suite pinned = new Suite("pinned tokens", "", "", List.of(
        new Claim(Kind.PINNED, "sx1.yardstick,race=x.1501b95.j80p0rg.f0", Verdict.PASS, "", "", Optional.empty(),
            Optional.of(new TokenPlace("known-races.tokens", 3, true))),
        new Claim(Kind.PINNED, TOKEN, Verdict.FINDING, PIN.text() + ": expected PASS, nothing " + NASTY, TOKEN,
            Optional.empty(), Optional.of(PIN)),
        claim(Kind.BUDGET, "budget", Verdict.INCONCLUSIVE, "2 of 3 tokens", "")),
        "2 of 3 tokens, each twice", 4, 1_500_000_000L);
    Suite clean = new Suite("yardstick", "kvm-arm64 v6.12", "scenario zero", List.of(
        claim(Kind.ORACLE, "lockdep", Verdict.PASS, "", ""),
        claim(Kind.GOAL, "a fault retries", Verdict.PASS, "", "")),
        "bound 2 closed (4,211 schedules), 9,174 random", 13_385, 2_000_000_000L);
    Suite racy = new Suite("attr-vs-fault", "kvm-x86 v6.12", NASTY, List.of(
        claim(Kind.ORACLE, "lockdep", Verdict.PASS, "", ""),
        new Claim(Kind.ORACLE, "private-shared", Verdict.FINDING, NASTY, TOKEN, Optional.of(race())),
        claim(Kind.OUTCOMES, "outcomes", Verdict.INCONCLUSIVE, "not foreseen: " + NASTY, TOKEN),
        claim(Kind.GOAL, "gone | " + NASTY, Verdict.INCONCLUSIVE, "never reached", ""),
        claim(Kind.SEARCH, "bound 2", Verdict.INCONCLUSIVE, "", ""),
        claim(Kind.DETERMINISM, "", Verdict.NONDETERMINISM, "came out differently", TOKEN)),
        "bound 1 closed | " + NASTY, 1_234_567, 3_004_500_000L);
    Suite canaries = new Suite("canaries", "", "", List.of(
        claim(Kind.CANARY, "no-retry-check", Verdict.ERROR, "the check is blind", "")),
        "", 12, 0);
    return report(List.of(pinned, clean, racy, canaries), Verdict.ERROR, false);
  }

  /** One suite whose claims pass, but for one that is inconclusive. */
  static CheckReport inconclusive(boolean skips) {
    Suite suite = new Suite("yardstick", "kvm-arm64 v6.12", "scenario zero", List.of(
        claim(Kind.ORACLE, "lockdep", Verdict.PASS, "", ""),
        claim(Kind.GOAL, "a fault retries", Verdict.INCONCLUSIVE, "never reached in 7 runs", "")),
        "bound 2 closed", 7, 0);
    return report(List.of(suite), Verdict.INCONCLUSIVE, skips);
  }

  /** The same token pinned at several places, with a race found each time. */
  static CheckReport pinned(TokenPlace... places) {
    List<Claim> claims = new ArrayList<>();
    for (TokenPlace place : places) {
      claims.add(new Claim(Kind.PINNED, TOKEN, Verdict.FINDING, place.text() + ": expected PASS; FINDING", TOKEN,
          Optional.of(race()), Optional.of(place)));
    }
    return report(List.of(new Suite("pinned tokens", "", "", claims, "", 1, 1)), Verdict.FINDING, false);
  }

  /** A suite with a finding, {@code count} times. */
  static CheckReport many(int count) {
    List<Claim> claims = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      claims.add(new Claim(Kind.ORACLE, "private-shared", Verdict.FINDING, NASTY, TOKEN, Optional.of(race())));
    }
    return report(List.of(new Suite("attr-vs-fault", "kvm-x86 v6.12", "", claims, "", 1, 1)), Verdict.FINDING, false);
  }

  static CheckReport report(List<Suite> suites, Verdict verdict, boolean skips) {
    return new CheckReport("stalemate 0.1.0", "1501b95", "ci", "0123456789abcdef", 0x5eedL, suites, verdict, 1_247_968,
        6_504_500_000L, skips);
  }

  static Claim claim(Kind kind, String name, Verdict verdict, String message, String token) {
    return new Claim(kind, name, verdict, message, token, Optional.empty());
  }

  private static FoundRace race() {
    Place fault = new Place("kvm_mmu_faultin_pfn", "arch/x86/kvm/mmu/mmu.c");
    Place odd = new Place("odd " + NASTY, "/odd name:" + NASTY + "/../x.c");
    return new FoundRace("private-shared", Severity.CORRUPTION, "a shared page is mapped private " + NASTY,
        "the fault looks again " + NASTY, "private-shared mmu_seq / mem_attr " + NASTY, TOKEN,
        "stalemate replay " + TOKEN + " --file '" + NASTY + "'", "====\n  splat ```` " + NASTY + "\r\n\n...\n====\n",
        Optional.of(fault), List.of(
            step(0, "vcpu0", "srcu_read_lock kvm->srcu", List.of("kvm_mmu_page_fault"), Optional.of(fault), "", false,
                Lock.ACQUIRE),
            step(1, "attr " + NASTY, "mem_attr: gfn 0x2 " + NASTY, List.of(), Optional.empty(), "racing " + NASTY,
                true, Lock.NONE),
            step(2, "vcpu0", "READ mmu_seq = 1", List.of("kvm_mmu_faultin_pfn", "kvm_tdp_page_fault"),
                Optional.of(fault), "sample", true, Lock.NONE),
            step(2, "vcpu0", "srcu_read_unlock kvm->srcu", List.of("odd " + NASTY), Optional.of(odd), "", false,
                Lock.RELEASE)),
        17);
  }

  private static Step step(int step, String task, String operation, List<String> functions, Optional<Place> place,
      String role, boolean switched, Lock lock) {
    return new Step(step, task, operation, functions, place, role, switched, lock);
  }
}
