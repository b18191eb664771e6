package io.stalemate.architecture.planted.report;

import javax.xml.parsers.DocumentBuilderFactory;

/** Parses XML. */
public final class ReadsXml {
  /** Reads what may name anything. */
  public DocumentBuilderFactory reader() {
    return DocumentBuilderFactory.newInstance();
  }
}
