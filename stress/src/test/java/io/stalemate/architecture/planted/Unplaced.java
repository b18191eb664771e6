package io.stalemate.architecture.planted;

/** Is in a package that nobody has placed. */
public final class Unplaced {
}
