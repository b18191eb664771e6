package io.stalemate.oracle;

/** Harm first: what would corrupt memory or hang comes before what only breaks a rule. */
public enum Severity {
  /** Memory of guest or host is lost, leaked or disclosed. */
  CORRUPTION,
  /** Somebody waits for ever, or tries for ever. */
  HANG,
  /** A rule was broken that leads to harm under other circumstances. */
  RULE
}
