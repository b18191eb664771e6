package io.stalemate.architecture.planted.check.format;

import javax.xml.stream.XMLInputFactory;

/** Parses XML where XML is only written. */
public final class ReadsXml {
  /** Reads what may name anything. */
  public XMLInputFactory reader() {
    return XMLInputFactory.newDefaultFactory();
  }
}
