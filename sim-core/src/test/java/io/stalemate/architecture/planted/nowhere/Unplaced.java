package io.stalemate.architecture.planted.nowhere;

/** Is in a package that nobody has placed. */
public final class Unplaced {
}
