package io.stalemate.architecture.planted.check.format;

import javax.xml.stream.XMLOutputFactory;
import javax.xml.stream.XMLStreamException;
import javax.xml.stream.XMLStreamWriter;

/** Writes XML. */
public final class WritesXml {
  /** Closes what was written. */
  public void end(XMLStreamWriter xml, XMLOutputFactory factory) throws XMLStreamException {
    if (factory.isPropertySupported("")) {
      xml.close();
    }
  }
}
