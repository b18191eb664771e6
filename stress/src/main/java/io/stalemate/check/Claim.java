package io.stalemate.check;

import io.stalemate.session.Verdict;
import java.util.Optional;

/**
 * One thing that was checked.
 *
 * @param kind what sort of thing
 * @param name oracle, goal, token or canary; {@code bound 2} of a search
 * @param verdict what came of it
 * @param message one line; empty if there is nothing to say beyond a pass
 * @param token replays what is meant; empty if no single run does
 * @param race what was found, if a race was
 * @param pinned where the token is pinned, if it is
 */
public record Claim(
    Kind kind, String name, Verdict verdict, String message, String token, Optional<FoundRace> race,
    Optional<TokenPlace> pinned) {

  /** A claim that is about no pinned token. */
  public Claim(Kind kind, String name, Verdict verdict, String message, String token, Optional<FoundRace> race) {
    this(kind, name, verdict, message, token, race, Optional.empty());
  }

  /** What a claim is about. */
  public enum Kind {
    /** A token of a directory, with the verdict it must have. */
    PINNED,
    /** An oracle that watched every run of the suite. */
    ORACLE,
    /** No outcome was forbidden or unforeseen, no run hit its bound on steps. */
    OUTCOMES,
    /** A goal of the scenario. */
    GOAL,
    /** A search for which closing its bound was demanded. */
    SEARCH,
    /** Runs that were repeated. */
    DETERMINISM,
    /** Something planted that must be found, or nothing else can be believed. */
    CANARY,
    /** Work that was planned and that there was no time for. */
    BUDGET
  }
}
